//! How the values of a message are encoded and decoded.

use super::{ErrorOf, Message};
use crate::codec::{CodecError, Decoder, Encoder, Format};

/// How the values of one type are encoded and decoded; [`Travels::CODING`](super::Travels::CODING) is one.
#[derive(Debug)]
pub struct Coding<T> {
    /// Encodes a value.
    pub encode: fn(&T, &mut Encoder<'_>) -> Result<(), CodecError>,
    /// Reads a value.
    pub decode: fn(Decoder<'_>) -> Result<T, CodecError>,
}

/// How a message and what answers it are encoded and decoded.
///
/// The derives make it a static, and not a const: so each type's serde code is compiled in the crate that
/// defines the message.
pub struct Codings<M: Message> {
    /// The message.
    pub message: Coding<M>,
    /// Its response or item.
    pub response: Coding<M::Response>,
    /// The handler's own error.
    pub error: Coding<ErrorOf<M>>,
}

impl<M: Message> Codings<M> {
    /// Stands for those of a message with a mistake; never used, as that does not compile.
    pub const BROKEN: Self = Self {
        message: Coding::BROKEN,
        response: Coding::BROKEN,
        error: Coding::BROKEN,
    };
}

impl<T> Coding<T> {
    const BROKEN: Self = Self {
        encode: |_, to| Err(CodecError::UnsupportedFormat(to.format())),
        decode: |_| Err(CodecError::UnsupportedFormat(Format::BYTES)),
    };
}
