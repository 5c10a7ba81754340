//! The compact format, which is `postcard`'s: values one after the other, without names or types.
//!
//! Written here, since `postcard` 1.1 has no limit of depth, lets lists of nothing be of any length,
//! ignores what follows the value and leaves fields out in silence. Tests compare the two.

mod access;
mod de;
mod ser;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::limited::Limited;
use super::{CodecError, Format};

use de::Deserializer;
use ser::Serializer;

pub(super) fn encode<T: Serialize + ?Sized>(
    value: &T,
    out: &mut Limited<'_>,
) -> Result<(), CodecError> {
    match value.serialize(&mut Serializer::new(out)) {
        Ok(()) => Ok(()),
        Err(failure) => Err(failure.encoding(Format::COMPACT)),
    }
}

pub(super) fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, CodecError> {
    let mut deserializer = Deserializer::new(payload);
    // Instantiated for every message: no combinators, each of which is a function more.
    let failure = match T::deserialize(&mut deserializer) {
        Ok(value) => match deserializer.end() {
            Ok(()) => return Ok(value),
            Err(failure) => failure,
        },
        Err(failure) => failure,
    };
    Err(failure.decoding(Format::COMPACT, deserializer.position()))
}
