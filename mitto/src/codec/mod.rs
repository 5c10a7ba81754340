//! Typed value <-> payload bytes.
//!
//! A message encodes itself through an [`Encoder`] and is read back through a [`Decoder`]; both know
//! the [`Format`] asked for and the [`Codecs`] of their end. Before this comes the stub or the handler
//! with the typed value, after it the framing with the bytes.
//!
#![doc = include_str!("../docs/codecs.md")]

#[cfg(feature = "bytes")]
mod bytes;
mod codecs;
#[cfg(feature = "compact")]
mod compact;
mod decoder;
mod encoder;
#[cfg(any(feature = "compact", feature = "bytes", feature = "xml"))]
mod failure;
mod format;
#[cfg(feature = "json")]
mod json;
mod limited;
#[cfg(feature = "messagepack")]
mod message_pack;
#[cfg(feature = "__erased")]
mod traced;
#[cfg(feature = "xml")]
mod xml;

#[cfg(feature = "custom-codecs")]
use std::io;

#[cfg(feature = "custom-codecs")]
pub use erased_serde;

pub use codecs::{Codecs, CodecsError};
pub use decoder::Decoder;
pub use encoder::Encoder;
pub use format::Format;
#[cfg(feature = "json-rpc")]
pub(crate) use json::plain;

/// Arrays and maps nested deeper than this are refused when decoding, in every built-in format, also
/// inside fields that the type ignores.
pub const MAX_DEPTH: usize = 128;

/// A format of your own; needs the feature `custom-codecs`.
///
/// The feature is off by default: with it, every message is compiled once more, for any serializer.
///
/// Give it to a client and a server with their builders' `codec`. The built-in formats do not go
/// through this trait.
///
/// # Examples
///
/// JSON with line breaks:
///
/// ```
/// use mitto::Format;
/// use mitto::codec::{Codec, CodecError, Codecs, Decoder, Encoder, erased_serde};
///
/// const PRETTY: Format = Format::custom(128);
///
/// struct Pretty;
///
/// impl Codec for Pretty {
///     fn format(&self) -> Format {
///         PRETTY
///     }
///
///     fn name(&self) -> &'static str {
///         "pretty JSON"
///     }
///
///     fn encode(
///         &self,
///         value: &dyn erased_serde::Serialize,
///         out: &mut dyn std::io::Write,
///     ) -> Result<(), CodecError> {
///         serde_json::to_writer_pretty(out, value).map_err(|error| CodecError::Encode {
///             format: PRETTY,
///             reason: error.to_string(),
///         })
///     }
///
///     fn decode(
///         &self,
///         payload: &[u8],
///         read: &mut dyn FnMut(
///             &mut dyn erased_serde::Deserializer<'_>,
///         ) -> Result<(), erased_serde::Error>,
///     ) -> Result<(), CodecError> {
///         let unreadable = |reason| CodecError::Decode { format: PRETTY, reason };
///         let mut json = serde_json::Deserializer::from_slice(payload); // bounds its depth by itself
///         read(&mut <dyn erased_serde::Deserializer>::erase(&mut json))
///             .map_err(|error| unreadable(error.to_string()))?;
///         json.end().map_err(|error| unreadable(error.to_string()))
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let codecs = Codecs::new(vec![std::sync::Arc::new(Pretty)])?;
/// let mut out = Vec::new();
/// Encoder::new(&codecs, PRETTY, &mut out, 1_000).encode(&[1, 2])?;
/// assert_eq!(out, b"[\n  1,\n  2\n]");
/// let back: [u8; 2] = Decoder::new(&codecs, PRETTY, &out).decode()?;
/// assert_eq!(back, [1, 2]);
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "custom-codecs")]
pub trait Codec: Send + Sync + 'static {
    /// The tag of its payloads: a [`Format::custom`], the same at both ends.
    fn format(&self) -> Format;

    /// Its name, for log lines and errors.
    fn name(&self) -> &'static str;

    /// Writes the encoded `value` to `out`.
    ///
    /// `out` fails once the value is larger than the other end takes. Whatever this returns then, the
    /// caller gets [`CodecError::TooLarge`]. What was written before an error is discarded.
    ///
    /// # Errors
    ///
    /// [`CodecError::Encode`] when the format cannot carry the value.
    fn encode(
        &self,
        value: &dyn erased_serde::Serialize,
        out: &mut dyn io::Write,
    ) -> Result<(), CodecError>;

    /// Reads `payload` and hands a deserializer over it to `read`, once.
    ///
    /// `payload` came from the other end, which may be hostile: a codec refuses what follows the value,
    /// believes no length that it reads, and bounds the nesting by [`MAX_DEPTH`] itself, before a
    /// recursive type overflows the stack.
    ///
    /// # Errors
    ///
    /// [`CodecError::Decode`] when the payload is malformed or `read` fails, [`CodecError::TooDeep`]
    /// when it nests too deep.
    fn decode(
        &self,
        payload: &[u8],
        read: &mut dyn FnMut(
            &mut dyn erased_serde::Deserializer<'_>,
        ) -> Result<(), erased_serde::Error>,
    ) -> Result<(), CodecError>;
}

/// Why a value could not be encoded, or a payload not decoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The format cannot carry this value.
    #[error("cannot encode as {format}: {reason}")]
    Encode {
        /// The format asked for.
        format: Format,
        /// What the format said, with `xml`, `bytes` or `custom-codecs` after the field, such as
        /// ``field `orders[3].price`: ..``, when it is not the whole value.
        reason: String,
    },
    /// The payload is not a value of the type.
    #[error("cannot decode {format}: {reason}")]
    Decode {
        /// The format of the payload.
        format: Format,
        /// What the format said, with the place where it can tell.
        reason: String,
    },
    /// The payload nests deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// The encoded value is larger than the other end takes.
    #[error("larger than {limit} bytes, the most that the other end takes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// This end has no codec for the format.
    #[error("no codec for {0}")]
    UnsupportedFormat(Format),
}
