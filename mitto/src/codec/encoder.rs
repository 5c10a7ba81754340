use serde::Serialize;

#[cfg(feature = "compact")]
use super::compact;
#[cfg(feature = "json")]
use super::json;
use super::limited::Limited;
#[cfg(feature = "messagepack")]
use super::message_pack;
#[cfg(feature = "__erased")]
use super::traced::{Trace, Traced};
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
    codecs: &'a Codecs,
    format: Format,
    out: &'a mut Vec<u8>,
    limit: usize,
    end: usize,
    /// Whether a failed value is being encoded again, to find the place.
    #[cfg(feature = "__erased")]
    is_locating: bool,
}

impl<'a> Encoder<'a> {
    /// Encodes to the end of `out`, at most `limit` bytes in all.
    #[inline]
    pub fn new(codecs: &'a Codecs, format: Format, out: &'a mut Vec<u8>, limit: usize) -> Self {
        Self {
            codecs,
            format,
            end: out.len().saturating_add(limit),
            out,
            limit,
            #[cfg(feature = "__erased")]
            is_locating: false,
        }
    }

    /// The format of what is encoded.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Encodes elsewhere in the same format: to the end of `out`, at most `limit` bytes.
    pub(crate) fn beside<'b>(&'b self, out: &'b mut Vec<u8>, limit: usize) -> Encoder<'b> {
        Encoder::new(self.codecs, self.format, out, limit)
    }

    /// Appends `value`.
    ///
    /// Writing stops at the limit, so that a value of any size takes no more memory than that. On an
    /// error the buffer is as it was before.
    ///
    /// # Errors
    ///
    /// [`CodecError::Encode`] when the format cannot carry the value or its `Serialize` fails; with
    /// `xml`, `bytes` or `custom-codecs` the reason names the field, for which the value is serialized
    /// once more. Else [`CodecError::TooLarge`], [`CodecError::UnsupportedFormat`].
    ///
    /// # Panics
    ///
    /// When the value's `Serialize` does. Then the buffer may hold a part of it: who catches the panic
    /// truncates the buffer.
    #[cfg_attr(
        not(any(
            feature = "json",
            feature = "messagepack",
            feature = "compact",
            feature = "__erased"
        )),
        expect(unused_variables)
    )]
    pub fn encode<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        // Instantiated for every message: what does not need `T` is in functions that have none.
        let mut out = Limited::new(self.out, self.end);
        let written = match self.format {
            #[cfg(feature = "json")]
            Format::JSON => json::encode(value, &mut out),
            #[cfg(feature = "messagepack")]
            Format::MESSAGE_PACK => message_pack::encode(value, &mut out),
            #[cfg(feature = "compact")]
            Format::COMPACT => compact::encode(value, &mut out),
            #[cfg(feature = "__erased")]
            format => self.codecs.encode_erased(format, &value, &mut out),
            #[cfg(not(feature = "__erased"))]
            format => Err(CodecError::UnsupportedFormat(format)),
        };
        let error = match out.finish(written, self.limit) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        #[cfg(feature = "__erased")]
        if let CodecError::Encode { format, reason } = error {
            return Err(self.locate(format, reason, &value));
        }
        Err(error)
    }

    /// Adds to the reason why `value` could not be encoded the place in it.
    #[cfg(feature = "__erased")]
    #[cold]
    fn locate(
        &mut self,
        format: Format,
        reason: String,
        value: &dyn erased_serde::Serialize,
    ) -> CodecError {
        let located = if self.is_locating {
            None
        } else {
            self.encode_traced(value)
        };
        CodecError::Encode {
            format,
            reason: located.unwrap_or(reason),
        }
    }

    #[cfg(feature = "__erased")]
    fn encode_traced(&mut self, value: &dyn erased_serde::Serialize) -> Option<String> {
        let before = self.out.len();
        let trace = Trace::default();
        self.is_locating = true;
        let written = self.encode(&Traced::new(value, &trace));
        self.is_locating = false;
        self.out.truncate(before);
        match written {
            Err(CodecError::Encode { reason, .. }) => trace.locate(&reason),
            // It fails now and then only: what it said at first is all there is.
            _ => None,
        }
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
