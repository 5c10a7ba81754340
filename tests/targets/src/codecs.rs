//! Payloads in each format, read as types of every shape.
//!
//! The first byte says which type. What is accepted comes back the same when it is encoded again.

pub(crate) mod seeds;
pub(crate) mod types;

use mitto::codec::{CodecError, Codecs, Decoder, Encoder, Format};
use serde::Serialize;
use serde::de::DeserializeOwned;

use types::Visit;

/// JSON.
pub fn json(bytes: &[u8]) {
    run(Format::JSON, bytes);
}

/// MessagePack.
pub fn message_pack(bytes: &[u8]) {
    run(Format::MESSAGE_PACK, bytes);
}

/// XML.
pub fn xml(bytes: &[u8]) {
    run(Format::XML, bytes);
}

/// Bytes as they are.
pub fn bytes(bytes: &[u8]) {
    run(Format::BYTES, bytes);
}

/// The compact format.
pub fn compact(bytes: &[u8]) {
    run(Format::COMPACT, bytes);
}

/// Decodes only: what that allocates is in proportion to the payload.
pub fn decode_only(format: Format, bytes: &[u8]) {
    if let Some((first, payload)) = bytes.split_first() {
        types::visit(*first, &mut DecodeOnly { format, payload });
    }
}

fn run(format: Format, bytes: &[u8]) {
    if let Some((first, payload)) = bytes.split_first() {
        types::visit(*first, &mut RoundTrip { format, payload });
    }
}

struct DecodeOnly<'a> {
    format: Format,
    payload: &'a [u8],
}

impl Visit for DecodeOnly<'_> {
    fn visit<T: Serialize + DeserializeOwned>(&mut self) {
        drop(decode::<T>(self.format, self.payload));
    }
}

struct RoundTrip<'a> {
    format: Format,
    payload: &'a [u8],
}

impl Visit for RoundTrip<'_> {
    fn visit<T: Serialize + DeserializeOwned>(&mut self) {
        let format = self.format;
        let value = match decode::<T>(format, self.payload) {
            Ok(value) => value,
            Err(error) => {
                // It travels in a status.
                let _ = error.to_string();
                return;
            }
        };
        let name = std::any::type_name::<T>();
        let first = match encode(format, &value) {
            Ok(first) => first,
            // A format may read a type that it cannot write, and say so.
            Err(CodecError::Encode { .. }) => return,
            Err(error) => panic!("{name} in {format}: {error}"),
        };
        let again = decode::<T>(format, &first);
        let again = again.unwrap_or_else(|error| panic!("{name} in {format}: {error}"));
        let second = encode(format, &again).expect("encoded before");
        assert_eq!(first, second, "{name} in {format}");
    }
}

fn decode<T: DeserializeOwned>(format: Format, payload: &[u8]) -> Result<T, CodecError> {
    Decoder::new(&Codecs::default(), format, payload).decode()
}

pub(crate) fn encode<T: Serialize>(format: Format, value: &T) -> Result<Vec<u8>, CodecError> {
    let mut out = Vec::new();
    Encoder::new(&Codecs::default(), format, &mut out, usize::MAX).encode(value)?;
    Ok(out)
}
