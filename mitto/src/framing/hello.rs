//! What the two ends tell each other first.

use crate::codec::Format;
use crate::limits::Limits;

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
    /// One bit for each optional feature that it knows. Default and so far: none.
    pub features: u64,
    /// The formats that it reads and writes, the preferred one first. Default: none.
    pub formats: Vec<Format>,
    /// The schemas that it speaks. Default: none.
    pub schemas: Vec<SchemaEntry>,
}

impl Hello {
    /// Makes a hello with the limits of this end; formats and schemas are still missing.
    pub fn new(limits: &Limits) -> Self {
        Self {
            agent: concat!("mitto/", env!("CARGO_PKG_VERSION")).into(),
            message: limits.message as u64,
            in_flight: limits.in_flight.try_into().unwrap_or(u32::MAX),
            stream_window: limits.stream_window.try_into().unwrap_or(u32::MAX),
            ..Self::default()
        }
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
}
