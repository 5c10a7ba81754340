//! What plain programs send.

use crate::Failure;
use crate::echo::{Echo, Message};

/// Room for most messages, so that they are written without moving them. mitto begins with as much.
pub(super) const ROOM: usize = 128;

/// A message as bytes.
pub(super) trait Body: Message + Sync {
    const CONTENT_TYPE: &'static str;

    /// Writes it behind what is there.
    fn write(&self, bytes: &mut Vec<u8>) -> Result<(), Failure>;

    fn encode(&self) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::with_capacity(ROOM);
        self.write(&mut bytes)?;
        Ok(bytes)
    }

    fn decode(bytes: &[u8]) -> Result<Self, Failure>;
}

/// As mitto writes it unless it is told otherwise.
impl Body for Echo {
    const CONTENT_TYPE: &'static str = "application/msgpack";

    fn write(&self, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        Ok(rmp_serde::encode::write_named(bytes, self)?)
    }

    fn decode(bytes: &[u8]) -> Result<Self, Failure> {
        Ok(rmp_serde::from_slice(bytes)?)
    }
}

/// An id, a name of 16 bytes and a payload, with nothing to encode.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Raw(Vec<u8>);

const NAME: usize = 16;

impl Message for Raw {
    fn new(id: u64, name: String, payload: String) -> Self {
        Self([&id.to_be_bytes(), name.as_bytes(), payload.as_bytes()].concat())
    }

    fn set_id(&mut self, id: u64) {
        self.0[..8].copy_from_slice(&id.to_be_bytes());
    }

    fn seen(&self) -> (u64, usize, usize) {
        let id = self.0.first_chunk().map_or(0, |id| u64::from_be_bytes(*id));
        (id, NAME, self.0.len().saturating_sub(8 + NAME))
    }
}

impl Body for Raw {
    const CONTENT_TYPE: &'static str = "application/octet-stream";

    fn write(&self, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        bytes.extend_from_slice(&self.0);
        Ok(())
    }

    fn decode(bytes: &[u8]) -> Result<Self, Failure> {
        Ok(Self(bytes.to_vec()))
    }
}
