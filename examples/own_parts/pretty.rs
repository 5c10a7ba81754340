//! A format for people to read: JSON with line breaks. Each payload is printed as it passes.

use std::io::Write;

use mitto::Format;
use mitto::codec::{Codec, CodecError, erased_serde};

/// The number that says so on the wire, the same at both ends.
pub(crate) const PRETTY: Format = Format::custom(128);

pub(crate) struct Pretty;

impl Codec for Pretty {
    fn format(&self) -> Format {
        PRETTY
    }

    fn name(&self) -> &'static str {
        "pretty JSON"
    }

    fn encode(
        &self,
        value: &dyn erased_serde::Serialize,
        out: &mut dyn Write,
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
        let unreadable = |reason| CodecError::Decode {
            format: PRETTY,
            reason,
        };
        println!("-- {}", String::from_utf8_lossy(payload));
        // It refuses deep nesting by itself; not every parser does.
        let mut deserializer = serde_json::Deserializer::from_slice(payload);
        read(&mut <dyn erased_serde::Deserializer>::erase(
            &mut deserializer,
        ))
        .map_err(|error| unreadable(error.to_string()))?;
        deserializer
            .end()
            .map_err(|error| unreadable(error.to_string()))
    }
}
