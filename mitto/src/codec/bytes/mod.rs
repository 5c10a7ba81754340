//! Bytes as they are, for messages that are nothing else.
//!
//! As custom codecs do, both directions go through `erased_serde`: every message can be asked for in
//! this format, and nearly all refuse, which should not cost each of them time to compile.

mod de;
mod ser;

use std::io;

use serde::Serialize;

use super::{CodecError, Format};

use de::Deserializer;
use ser::Serializer;

pub(super) fn encode(
    value: &dyn erased_serde::Serialize,
    out: &mut dyn io::Write,
) -> Result<(), CodecError> {
    value
        .serialize(Serializer::new(out))
        .map_err(|failure| failure.encoding(Format::BYTES))
}

pub(super) fn decode(
    payload: &[u8],
    read: &mut dyn FnMut(
        &mut dyn erased_serde::Deserializer<'_>,
    ) -> Result<(), erased_serde::Error>,
) -> Result<(), CodecError> {
    let deserializer = Deserializer::new(payload);
    read(&mut <dyn erased_serde::Deserializer<'_>>::erase(
        deserializer,
    ))
    .map_err(|error| CodecError::Decode {
        format: Format::BYTES,
        reason: error.to_string(),
    })
}
