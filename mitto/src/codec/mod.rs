//! stand-in
use serde::{Serialize, de::DeserializeOwned};
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Format(u8);
impl Format {
    pub const JSON: Self = Self(1);
    pub const MESSAGE_PACK: Self = Self(2);
}
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    #[error("codec: {0}")]
    Decode(String),
    #[error("larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("no codec for {0:?}")]
    UnsupportedFormat(Format),
}
#[derive(Clone, Debug, Default)]
pub struct Codecs;
pub struct Encoder<'a> {
    out: &'a mut Vec<u8>,
}
impl<'a> Encoder<'a> {
    pub fn new(_c: &'a Codecs, _f: Format, out: &'a mut Vec<u8>, _limit: usize) -> Self {
        Self { out }
    }
    pub fn encode<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        serde_json::to_writer(&mut *self.out, value).map_err(|e| CodecError::Decode(e.to_string()))
    }
    pub fn append(&mut self, _format: Format, bytes: &[u8]) -> Result<(), CodecError> {
        self.out.extend_from_slice(bytes);
        Ok(())
    }
    pub fn format(&self) -> Format {
        Format::JSON
    }
}
#[derive(Clone, Copy)]
pub struct Decoder<'a> {
    payload: &'a [u8],
}
impl<'a> Decoder<'a> {
    pub fn new(_c: &'a Codecs, _f: Format, payload: &'a [u8]) -> Self {
        Self { payload }
    }
    pub fn decode<T: DeserializeOwned>(self) -> Result<T, CodecError> {
        serde_json::from_slice(self.payload).map_err(|e| CodecError::Decode(e.to_string()))
    }
}
