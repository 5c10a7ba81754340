//! XML, over the events of `quick-xml`.
//!
//! The mapping is described in `docs/codecs.md`. Both directions go through `erased_serde`, as custom
//! codecs do, so that a message is compiled once for all of them.

mod access;
mod compound;
mod de;
mod element;
mod key;
mod name;
mod parser;
mod ser;
mod text;

use std::io;

use serde::Serialize;

use super::failure::Failure;
use super::{CodecError, Format};

use de::Value;
use element::Element;
use parser::Parser;
use ser::Serializer;

pub(super) fn encode(
    value: &dyn erased_serde::Serialize,
    out: &mut dyn io::Write,
) -> Result<(), CodecError> {
    value
        .serialize(Serializer::root(out, Element::VALUE))
        .map_err(|failure| failure.encoding(Format::XML))
}

pub(super) fn decode(
    payload: &[u8],
    read: &mut dyn FnMut(
        &mut dyn erased_serde::Deserializer<'_>,
    ) -> Result<(), erased_serde::Error>,
) -> Result<(), CodecError> {
    let mut parser =
        Parser::new(payload).map_err(|(failure, at)| failure.decoding(Format::XML, at))?;
    read_root(&mut parser, read).map_err(|failure| {
        // On its way through the value the failure has become a text.
        let failure = if parser.is_too_deep() {
            Failure::TooDeep
        } else {
            failure
        };
        failure.decoding(Format::XML, parser.position())
    })
}

fn read_root(
    parser: &mut Parser<'_>,
    read: &mut dyn FnMut(
        &mut dyn erased_serde::Deserializer<'_>,
    ) -> Result<(), erased_serde::Error>,
) -> Result<(), Failure> {
    let root = parser.root()?;
    let value = Value::new(parser, root.hint);
    read(&mut <dyn erased_serde::Deserializer<'_>>::erase(value))
        .map_err(|error| Failure::new(error.to_string()))?;
    parser.end()
}
