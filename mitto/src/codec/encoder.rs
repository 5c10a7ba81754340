use serde::Serialize;

#[cfg(feature = "json")]
use super::json;
use super::limited::Limited;
#[cfg(feature = "messagepack")]
use super::message_pack;
use super::{CodecError, Codecs, Format};

/// Where a value encodes itself to: the end of a buffer, in one format, up to a limit.
///
/// # Examples
///
/// ```
/// use mitto::codec::{Codecs, Decoder, Encoder};
///
/// let codecs = Codecs::default();
/// let format = codecs.default_format().expect("a format is built in");
/// let mut payload = Vec::new();
/// Encoder::new(&codecs, format, &mut payload, 1024).encode("hello")?;
/// let text: String = Decoder::new(&codecs, format, &payload).decode()?;
/// assert_eq!(text, "hello");
/// # Ok::<(), mitto::codec::CodecError>(())
/// ```
pub struct Encoder<'a> {
    #[cfg_attr(not(feature = "custom-codecs"), expect(dead_code))]
    codecs: &'a Codecs,
    format: Format,
    out: &'a mut Vec<u8>,
    limit: usize,
    end: usize,
}

impl<'a> Encoder<'a> {
    /// Encodes to the end of `out`, at most `limit` bytes in all.
    pub fn new(codecs: &'a Codecs, format: Format, out: &'a mut Vec<u8>, limit: usize) -> Self {
        Self {
            codecs,
            format,
            end: out.len().saturating_add(limit),
            out,
            limit,
        }
    }

    /// Appends `value`.
    ///
    /// Writing stops at the limit, so that a value of any size takes no more memory than that. On an
    /// error the buffer is as it was before.
    ///
    /// # Errors
    ///
    /// [`CodecError::Encode`] when the format cannot carry the value or its `Serialize` fails,
    /// [`CodecError::TooLarge`], [`CodecError::UnsupportedFormat`].
    ///
    /// # Panics
    ///
    /// When the value's `Serialize` does. Then the buffer may hold a part of it: who catches the panic
    /// truncates the buffer.
    #[cfg_attr(
        not(any(feature = "json", feature = "messagepack", feature = "custom-codecs")),
        expect(unused_mut, unused_variables)
    )]
    pub fn encode<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        // Instantiated for every message: what does not need `T` is in functions that have none.
        let mut out = Limited::new(self.out, self.end);
        let written = match self.format {
            #[cfg(feature = "json")]
            Format::JSON => json::encode(value, &mut out),
            #[cfg(feature = "messagepack")]
            Format::MESSAGE_PACK => message_pack::encode(value, &mut out),
            #[cfg(feature = "custom-codecs")]
            format => self.codecs.encode_custom(format, &value, &mut out),
            #[cfg(not(feature = "custom-codecs"))]
            format => Err(CodecError::UnsupportedFormat(format)),
        };
        out.finish(written, self.limit)
    }

    /// Appends a payload that is encoded already.
    ///
    /// # Errors
    ///
    /// [`CodecError::UnsupportedFormat`] when it is in another format than the one asked for,
    /// [`CodecError::TooLarge`].
    pub fn append(&mut self, format: Format, payload: &[u8]) -> Result<(), CodecError> {
        if format != self.format {
            return Err(CodecError::UnsupportedFormat(format));
        }
        if payload.len() > self.end - self.out.len().min(self.end) {
            return Err(CodecError::TooLarge { limit: self.limit });
        }
        self.out.extend_from_slice(payload);
        Ok(())
    }
}
