//! Values on their way: taken as they are in process, encoded anywhere else.

use std::any::Any;
use std::fmt;

use super::{ErrorOf, Message};
use crate::codec::{CodecError, Codecs, Decoder, Encoder, Format};
use crate::limits::{Limit, reached};
use crate::status::{Code, Status};

/// A value that is being sent, by a caller or as an answer.
///
/// Whoever reaches another process encodes it; whoever stays in this one takes it.
pub trait Outgoing: Send {
    /// Encodes the value.
    ///
    /// # Errors
    ///
    /// When the format cannot carry it.
    fn encode(&self, to: &mut Encoder<'_>) -> Result<(), CodecError>;

    /// Takes the value out. A second call gives one that is `None`.
    fn take(&mut self) -> Body;

    /// Whether the value was taken out.
    fn is_taken(&self) -> bool;

    /// Lends the value to a queue.
    fn payload(&mut self) -> Payload<'_>;

    /// The value in its place, for whoever knows its type: a [`Sent`], [`Returned`] or [`Thrown`].
    /// `None` where only bytes are left.
    fn as_any(&mut self) -> Option<&mut dyn Any>;
}

/// What a queue is given to hand on: bytes that came, or a value of this process.
pub enum Payload<'a> {
    /// Bytes in a format.
    Encoded {
        /// Their format.
        format: Format,
        /// The bytes, lent from the read buffer.
        bytes: &'a [u8],
    },
    /// A value of this process, which has not been encoded.
    Value(&'a mut dyn Outgoing),
}

/// What a caller is given back: bytes that came, or a value of this process.
pub enum Body {
    /// Bytes in a format.
    Encoded {
        /// Their format.
        format: Format,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A value of this process, which has not been encoded: an `Option` of it, for its reader to take.
    Value(Box<dyn Any + Send>),
}

/// A message on its way to its handler.
#[derive(Debug)]
pub struct Sent<M>(pub Option<M>);

/// A response or item on its way to the caller.
pub struct Returned<M: Message>(pub Option<M::Response>);

/// A handler's own error on its way to the caller.
pub struct Thrown<M: Message>(pub Option<ErrorOf<M>>);

/// Bytes that are encoded already; they travel in their own format only.
#[derive(Clone, Copy, Debug)]
pub struct Encoded<'a> {
    /// Their format.
    pub format: Format,
    /// The bytes.
    pub bytes: &'a [u8],
}

/// What holds a value, until it is taken, is outgoing.
macro_rules! outgoing {
    ([$($bounds:tt)*] $wrapper:ty, $value:ident, $to:ident => $encode:expr) => {
        impl<$($bounds)*> $crate::message::Outgoing for $wrapper {
            fn encode(
                &self,
                $to: &mut $crate::codec::Encoder<'_>,
            ) -> Result<(), $crate::codec::CodecError> {
                match &self.0 {
                    Some($value) => $encode,
                    None => Ok(()),
                }
            }

            fn take(&mut self) -> $crate::message::Body {
                $crate::message::Body::Value(Box::new(self.0.take()))
            }

            fn is_taken(&self) -> bool {
                self.0.is_none()
            }

            fn payload(&mut self) -> $crate::message::Payload<'_> {
                $crate::message::Payload::Value(self)
            }

            fn as_any(&mut self) -> Option<&mut dyn std::any::Any> {
                Some(self)
            }
        }
    };
}
#[cfg(feature = "host")]
pub(crate) use outgoing;

outgoing!([M: Message] Sent<M>, message, to => (M::CODINGS.message.encode)(message, to));
outgoing!([M: Message] Returned<M>, response, to => (M::CODINGS.response.encode)(response, to));
outgoing!([M: Message] Thrown<M>, error, to => (M::CODINGS.error.encode)(error, to));

impl Payload<'_> {
    /// The same, lent for less long.
    #[inline]
    pub(crate) fn lend(&mut self) -> Payload<'_> {
        match self {
            Self::Encoded { format, bytes } => Payload::Encoded {
                format: *format,
                bytes,
            },
            Self::Value(value) => Payload::Value(&mut **value),
        }
    }

    /// Reads the message: decodes bytes with `codecs`, takes a value as it is.
    ///
    /// # Errors
    ///
    /// What the request is to be refused with: `BadRequest` where the bytes are not such a message,
    /// `UnsupportedFormat`, `SchemaMismatch` where a value is of another type.
    pub fn read<M: Message>(mut self, codecs: &Codecs) -> Result<M, Status> {
        self.read_in_place(codecs)
    }

    /// The same for a payload that must stay where it is. A value can be read once.
    // Compiled for every message: `match`, where a combinator would be a function more for each.
    pub(crate) fn read_in_place<M: Message>(&mut self, codecs: &Codecs) -> Result<M, Status> {
        match self {
            Self::Encoded { format, bytes } => {
                let error = match (M::CODINGS.message.decode)(Decoder::new(codecs, *format, bytes))
                {
                    Ok(message) => return Ok(message),
                    Err(error) => error,
                };
                if let Some(value) = lone_value(*format, bytes)
                    && let Ok(message) =
                        (M::CODINGS.message.decode)(Decoder::new(codecs, *format, value))
                {
                    return Ok(message);
                }
                Err(unread(M::INFO.name, &error))
            }
            Self::Value(value) => match taken(*value) {
                Some(message) => Ok(message),
                None => Err(other_type(M::INFO.name)),
            },
        }
    }
}

/// What a message without fields, or with one that has no name, may be in JSON beside its usual form:
/// JSON-RPC has objects and arrays only, `{}` in place of `null` and `[1]` in place of `1`.
#[cold]
pub(crate) fn lone_value(format: Format, payload: &[u8]) -> Option<&[u8]> {
    if format != Format::JSON {
        return None;
    }
    match payload.trim_ascii() {
        [b'{', inside @ .., b'}'] | [b'[', inside @ .., b']'] if inside.trim_ascii().is_empty() => {
            Some(b"null")
        }
        [b'[', inside @ .., b']'] => Some(inside),
        _ => None,
    }
}

fn taken<M: Message>(value: &mut dyn Outgoing) -> Option<M> {
    if let Some(value) = value.as_any()
        && let Some(sent) = value.downcast_mut::<Sent<M>>()
    {
        return sent.0.take();
    }
    None
}

impl Outgoing for Encoded<'_> {
    fn encode(&self, to: &mut Encoder<'_>) -> Result<(), CodecError> {
        to.append(self.format, self.bytes)
    }

    fn take(&mut self) -> Body {
        Body::Encoded {
            format: self.format,
            bytes: self.bytes.to_vec(),
        }
    }

    fn is_taken(&self) -> bool {
        false
    }

    fn payload(&mut self) -> Payload<'_> {
        Payload::Encoded {
            format: self.format,
            bytes: self.bytes,
        }
    }

    fn as_any(&mut self) -> Option<&mut dyn Any> {
        None
    }
}

/// What came back for a request, on its way further back.
pub(crate) struct Passed(Option<Body>);

impl Passed {
    pub(crate) fn new(body: Body) -> Self {
        Self(Some(body))
    }

    /// What is left of it: nothing when a value was taken, or bytes were.
    pub(crate) fn into_body(self) -> Option<Body> {
        self.0
    }
}

impl Outgoing for Passed {
    fn encode(&self, to: &mut Encoder<'_>) -> Result<(), CodecError> {
        match &self.0 {
            Some(Body::Encoded { format, bytes }) => to.append(*format, bytes),
            Some(Body::Value(_)) => Err(CodecError::Encode {
                format: to.format(),
                reason: "it is a value of this process, whose type is not known here".into(),
            }),
            None => Ok(()),
        }
    }

    fn take(&mut self) -> Body {
        self.0.take().unwrap_or(Body::Value(Box::new(())))
    }

    fn is_taken(&self) -> bool {
        self.0.is_none()
    }

    fn payload(&mut self) -> Payload<'_> {
        if !matches!(&self.0, Some(Body::Encoded { .. })) {
            return Payload::Value(self);
        }
        match &self.0 {
            Some(Body::Encoded { format, bytes }) => Payload::Encoded {
                format: *format,
                bytes,
            },
            _ => Payload::Encoded {
                format: Format::BYTES,
                bytes: &[],
            },
        }
    }

    fn as_any(&mut self) -> Option<&mut dyn Any> {
        None
    }
}

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoded { format, bytes } => write!(f, "{format:?}, {} bytes", bytes.len()),
            Self::Value(_) => f.write_str("a value"),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoded { format, bytes } => write!(f, "{format:?}, {} bytes", bytes.len()),
            Self::Value(_) => f.write_str("a value"),
        }
    }
}

#[cold]
fn unread(name: &str, error: &CodecError) -> Status {
    if let CodecError::TooDeep = error {
        reached(Limit::Depth, name);
    }
    let code = match error {
        CodecError::TooLarge { .. } => Code::TooLarge,
        CodecError::UnsupportedFormat(_) => Code::UnsupportedFormat,
        _ => Code::BadRequest,
    };
    Status::new(code, format!("`{name}`: {error}"))
}

#[cold]
fn other_type(name: &str) -> Status {
    let text = format!("`{name}` is another type here: both ends of this process need the same");
    Status::new(Code::SchemaMismatch, text)
}
