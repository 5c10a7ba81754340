use std::borrow::Cow;
use std::fmt::{self, Display};
use std::io;

use super::{CodecError, Format};

/// What goes wrong inside the formats that are written here.
#[derive(Debug)]
pub(super) enum Failure {
    /// The reason. In a box, so that a result which has none is small: each value of a message is one.
    Because(Box<Cow<'static, str>>),
    /// Nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
    #[cfg(any(feature = "compact", feature = "xml"))]
    TooDeep,
}

impl Failure {
    #[cold]
    pub(super) fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Because(Box::new(reason.into()))
    }

    /// Of a value that could not be encoded as `format`.
    #[cold]
    pub(super) fn encoding(self, format: Format) -> CodecError {
        CodecError::Encode {
            format,
            reason: self.to_string(),
        }
    }

    /// Of a payload in `format` that could not be decoded, met when `at` bytes were read.
    #[cfg(any(feature = "compact", feature = "xml"))]
    #[cold]
    pub(super) fn decoding(self, format: Format, at: usize) -> CodecError {
        match self {
            Self::Because(reason) => CodecError::Decode {
                format,
                reason: format!("{reason} at byte {at}"),
            },
            Self::TooDeep => CodecError::TooDeep,
        }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Because(reason) => f.write_str(reason),
            #[cfg(any(feature = "compact", feature = "xml"))]
            Self::TooDeep => CodecError::TooDeep.fmt(f),
        }
    }
}

impl std::error::Error for Failure {}

impl serde::ser::Error for Failure {
    #[cold]
    fn custom<T: Display>(reason: T) -> Self {
        Self::new(reason.to_string())
    }
}

impl serde::de::Error for Failure {
    #[cold]
    fn custom<T: Display>(reason: T) -> Self {
        Self::new(reason.to_string())
    }
}

impl From<io::Error> for Failure {
    #[cold]
    fn from(error: io::Error) -> Self {
        Self::new(error.to_string())
    }
}
