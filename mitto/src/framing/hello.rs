//! What the two ends tell each other first.

use super::parts::{self, Parts};
use super::{FrameError, PartError};
use crate::auth::BearerToken;
use crate::codec::Format;
use crate::envelope::{CorrelationId, Kind};
use crate::limits::Limits;

const AGENT: u8 = 1;
const MESSAGE: u8 = 2;
const IN_FLIGHT: u8 = 3;
const STREAM_WINDOW: u8 = 4;
const PIECES: u8 = 5;
const FORMATS: u8 = 6;
const FEATURES: u8 = 7;
const SCHEMA: u8 = 8;
const CREDENTIALS: u8 = 9;
const SHAPES: u8 = 10;

/// Where names are cut, in bytes: their length travels in one byte.
const NAME_MAX: usize = u8::MAX as usize;

/// Where credentials are cut, in bytes. What was cut is no valid token.
const CREDENTIALS_MAX: usize = 16 << 10;

/// What one end takes and speaks: the first envelope that it sends.
///
/// What is missing has the default of version 1, named at each field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hello {
    /// The program that speaks, as in `mitto/0.1.0`; for logs. Default: empty.
    pub agent: String,
    /// The largest payload of one message that it takes, in bytes. Default: 1 MiB.
    pub message: u64,
    /// The requests that it takes at once; slots are below this. Default: 1,024.
    pub in_flight: u32,
    /// The bytes that a stream towards it may be ahead. Default: 256 KiB.
    pub stream_window: u32,
    /// The messages in pieces that it takes at once. Default: 4.
    pub pieces: u32,
    /// One bit for each optional feature that it knows: [`LISTS`](Self::LISTS). Default: none.
    pub features: u64,
    /// The formats that it reads and writes, the preferred one first. Default: none.
    pub formats: Vec<Format>,
    /// The schemas that it speaks. Default: none.
    pub schemas: Vec<SchemaEntry>,
    /// The bearer token that says who a client is, at most 16 KiB. Default: none.
    pub credentials: Option<BearerToken>,
}

impl Hello {
    /// The feature that items of a stream come in lists: see [`Head::list`](crate::envelope::Head::list).
    pub const LISTS: u64 = 1;

    /// Makes a hello with the limits of this end; formats and schemas are still missing.
    pub fn new(limits: &Limits) -> Self {
        Self {
            agent: concat!("mitto/", env!("CARGO_PKG_VERSION")).into(),
            message: limits.message as u64,
            in_flight: limits.in_flight.try_into().unwrap_or(u32::MAX),
            stream_window: limits.stream_window.try_into().unwrap_or(u32::MAX),
            pieces: limits.pieces.try_into().unwrap_or(u32::MAX),
            ..Self::default()
        }
    }

    /// Writes it as the payload of a hello.
    pub fn write(&self, out: &mut Vec<u8>) {
        parts::write(AGENT, name(&self.agent), out);
        parts::write(MESSAGE, &self.message.to_be_bytes(), out);
        parts::write(IN_FLIGHT, &self.in_flight.to_be_bytes(), out);
        parts::write(STREAM_WINDOW, &self.stream_window.to_be_bytes(), out);
        parts::write(PIECES, &self.pieces.to_be_bytes(), out);
        if !self.formats.is_empty() {
            parts::write_with(FORMATS, out, |out| {
                out.extend(self.formats.iter().map(|format| format.number()));
            });
        }
        if self.features != 0 {
            parts::write(FEATURES, &self.features.to_be_bytes(), out);
        }
        for schema in &self.schemas {
            parts::write_with(SCHEMA, out, |out| schema.write(schema.digest, out));
            if let Some(shapes) = schema.shapes {
                parts::write_with(SHAPES, out, |out| schema.write(shapes, out));
            }
        }
        if let Some(token) = &self.credentials {
            let bytes = token.secret().as_bytes();
            let bytes = &bytes[..bytes.len().min(CREDENTIALS_MAX)];
            parts::write(CREDENTIALS, bytes, out);
        }
    }

    /// Reads the payload of a hello. Parts that this version does not know are skipped.
    ///
    /// # Errors
    ///
    /// A part cannot be read; the connection cannot go on.
    pub fn parse(payload: &[u8]) -> Result<Self, FrameError> {
        Self::read(payload).map_err(|error| FrameError::Part {
            kind: Kind::Hello,
            from_requester: false,
            correlation: CorrelationId::NONE,
            error,
        })
    }

    fn read(payload: &[u8]) -> Result<Self, PartError> {
        let mut hello = Self::default();
        let mut parts = Parts(payload);
        while let Some((tag, bytes)) = parts.next()? {
            match tag {
                AGENT => hello.agent = parts::text(tag, bytes)?.to_owned(),
                MESSAGE => hello.message = u64::from_be_bytes(parts::number(tag, bytes)?),
                IN_FLIGHT => hello.in_flight = u32::from_be_bytes(parts::number(tag, bytes)?),
                STREAM_WINDOW => {
                    hello.stream_window = u32::from_be_bytes(parts::number(tag, bytes)?);
                }
                PIECES => hello.pieces = u32::from_be_bytes(parts::number(tag, bytes)?),
                FORMATS => hello.formats = bytes.iter().map(|n| Format::from_wire(*n)).collect(),
                FEATURES => hello.features = u64::from_be_bytes(parts::number(tag, bytes)?),
                CREDENTIALS => {
                    hello.credentials = Some(BearerToken::new(parts::text(tag, bytes)?));
                }
                SCHEMA => hello.schemas.push(SchemaEntry::read(tag, bytes)?),
                SHAPES => {
                    let read = SchemaEntry::read(tag, bytes)?;
                    let mut schemas = hello.schemas.iter_mut().rev();
                    let of = schemas.find(|of| of.name == read.name && of.role == read.role);
                    if let Some(of) = of {
                        of.shapes = Some(read.digest);
                    }
                }
                _ => {}
            }
        }
        Ok(hello)
    }
}

impl Default for Hello {
    fn default() -> Self {
        Self {
            agent: String::new(),
            message: 1 << 20,
            in_flight: 1_024,
            stream_window: 256 << 10,
            pieces: 4,
            features: 0,
            formats: Vec::new(),
            schemas: Vec::new(),
            credentials: None,
        }
    }
}

/// A schema that one end speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaEntry {
    /// Its name, at most 255 bytes.
    pub name: String,
    /// The role in it that this end has, at most 255 bytes.
    pub role: String,
    /// The digest of its descriptor: equal schemas have equal digests.
    pub digest: u64,
    /// The digest of its messages' shapes; `None` where that end compares none.
    pub shapes: Option<u64>,
}

impl SchemaEntry {
    fn write(&self, digest: u64, out: &mut Vec<u8>) {
        let name = name(&self.name);
        out.extend_from_slice(&digest.to_be_bytes());
        out.push(name.len() as u8);
        out.extend_from_slice(name);
        out.extend_from_slice(self::name(&self.role));
    }

    fn read(tag: u8, bytes: &[u8]) -> Result<Self, PartError> {
        let (digest, left) = parts::split(bytes, 8)?;
        let (length, left) = parts::split(left, 1)?;
        let (name, role) = parts::split(left, usize::from(length[0]))?;
        Ok(Self {
            name: parts::text(tag, name)?.to_owned(),
            role: parts::text(tag, role)?.to_owned(),
            digest: u64::from_be_bytes(parts::number(tag, digest)?),
            shapes: None,
        })
    }
}

/// A name as far as it fits, cut between characters: else the other end could not read it.
fn name(text: &str) -> &[u8] {
    let mut end = text.len().min(NAME_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text.as_bytes()[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_between_characters() {
        let mut hello = Hello {
            agent: "ä".repeat(200),
            ..Hello::default()
        };
        hello.schemas.push(SchemaEntry {
            name: "€".repeat(100),
            role: "😀".repeat(100),
            digest: 7,
            shapes: Some(8),
        });
        let mut out = Vec::new();
        hello.write(&mut out);
        let read = Hello::parse(&out).expect("what was written can be read");
        assert_eq!(read.agent, "ä".repeat(127));
        assert_eq!(read.schemas[0].name, "€".repeat(85));
        assert_eq!(read.schemas[0].shapes, Some(8));
        assert_eq!(read.schemas[0].role, "😀".repeat(63));
    }
}
