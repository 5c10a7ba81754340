use serde::de::DeserializeOwned;

#[cfg(feature = "json")]
use super::json;
#[cfg(feature = "messagepack")]
use super::message_pack;
use super::{CodecError, Codecs, Format};

/// Where a value is read from: one payload in one format.
#[derive(Clone, Copy)]
pub struct Decoder<'a> {
    #[cfg_attr(not(feature = "custom-codecs"), expect(dead_code))]
    codecs: &'a Codecs,
    format: Format,
    #[cfg_attr(
        not(any(feature = "json", feature = "messagepack", feature = "custom-codecs")),
        expect(dead_code)
    )]
    payload: &'a [u8],
}

impl<'a> Decoder<'a> {
    /// Reads `payload`, which is in `format`.
    #[must_use]
    pub fn new(codecs: &'a Codecs, format: Format, payload: &'a [u8]) -> Self {
        Self {
            codecs,
            format,
            payload,
        }
    }

    /// Reads the value, which must be the whole payload.
    ///
    /// # Errors
    ///
    /// [`CodecError::Decode`] when the payload is malformed, goes on after the value, or is not a value
    /// of this type; [`CodecError::TooDeep`] beyond [`MAX_DEPTH`](super::MAX_DEPTH);
    /// [`CodecError::UnsupportedFormat`].
    pub fn decode<T: DeserializeOwned>(self) -> Result<T, CodecError> {
        match self.format {
            #[cfg(feature = "json")]
            Format::JSON => json::decode(self.payload),
            #[cfg(feature = "messagepack")]
            Format::MESSAGE_PACK => message_pack::decode(self.payload),
            #[cfg(feature = "custom-codecs")]
            format => self.codecs.decode_custom(format, self.payload),
            #[cfg(not(feature = "custom-codecs"))]
            format => Err(CodecError::UnsupportedFormat(format)),
        }
    }
}
