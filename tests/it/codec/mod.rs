//! What goes in comes out, in every format, and nothing that a peer sends does harm.

mod buffer;
mod bytes;
mod carries;
mod compact;
mod cpu;
mod data;
mod depth;
mod json;
mod payload;
mod place;
mod properties;
mod xml;
mod xml_hostile;

use std::io;
use std::sync::Arc;

use mitto::codec::{Codec, CodecError, Codecs, Decoder, Encoder, Format, erased_serde};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) const PRETTY: Format = Format::custom(200);
/// The formats that say what is in a payload, and so carry every type.
const BUILT_IN: [Format; 3] = [Format::JSON, Format::MESSAGE_PACK, Format::XML];
const ALL: [Format; 4] = [Format::JSON, Format::MESSAGE_PACK, Format::XML, PRETTY];

/// JSON for people, as a codec of the user's own.
pub(crate) struct Pretty;

impl Codec for Pretty {
    fn format(&self) -> Format {
        PRETTY
    }

    fn name(&self) -> &'static str {
        "pretty"
    }

    fn encode(
        &self,
        value: &dyn erased_serde::Serialize,
        out: &mut dyn io::Write,
    ) -> Result<(), CodecError> {
        serde_json::to_writer_pretty(out, value).map_err(|error| CodecError::Encode {
            format: PRETTY,
            reason: error.to_string(),
        })
    }

    fn decode(
        &self,
        payload: &[u8],
        read: &mut dyn FnMut(
            &mut dyn erased_serde::Deserializer<'_>,
        ) -> Result<(), erased_serde::Error>,
    ) -> Result<(), CodecError> {
        let malformed = |reason: String| CodecError::Decode {
            format: PRETTY,
            reason,
        };
        let mut json = serde_json::Deserializer::from_slice(payload);
        read(&mut <dyn erased_serde::Deserializer>::erase(&mut json))
            .map_err(|error| malformed(error.to_string()))?;
        json.end().map_err(|error| malformed(error.to_string()))
    }
}

fn codecs() -> Codecs {
    Codecs::new(vec![Arc::new(Pretty)]).expect("one custom codec")
}

fn encode<T: Serialize + ?Sized>(format: Format, value: &T) -> Result<Vec<u8>, CodecError> {
    let mut out = Vec::new();
    Encoder::new(&codecs(), format, &mut out, usize::MAX).encode(value)?;
    Ok(out)
}

fn decode<T: DeserializeOwned>(format: Format, payload: &[u8]) -> Result<T, CodecError> {
    Decoder::new(&codecs(), format, payload).decode()
}
