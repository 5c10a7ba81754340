//! What travels when a call fails, and what its caller gets.
//!
//! A handler fails in two ways: with its own typed error, or with a [`Status`]. Both arrive at the
//! caller as a [`CallError`]; a request that declares no error of its own arrives as the plain
//! `Status`.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a call failed, in terms that every end understands: a [`Code`] and a text for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Status {
    code: Code,
    message: Cow<'static, str>,
}

impl Status {
    /// Makes a status of any code.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// Makes a [`Code::Internal`] of anything that can be shown. Its text is all that travels.
    ///
    /// Fits `map_err`: `db.load(id).await.map_err(Status::internal)?`. The texts of an error's causes
    /// are not added; where they are wanted, format them: with `anyhow`,
    /// `.map_err(|error| Status::internal(format!("{error:#}")))`.
    pub fn internal(error: impl fmt::Display) -> Self {
        Self::new(Code::Internal, error.to_string())
    }

    /// Makes a [`Code::NotFound`].
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::NotFound, message)
    }

    /// Makes a [`Code::BadRequest`].
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::BadRequest, message)
    }

    /// Makes a [`Code::Denied`].
    pub fn denied(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Denied, message)
    }

    /// Makes a [`Code::Unavailable`].
    pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Unavailable, message)
    }

    /// The kind of failure.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What went wrong, for people.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// The kinds of failure that every end understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "u16", into = "u16")]
#[non_exhaustive]
pub enum Code {
    /// Nobody there handles this message or address.
    NotFound,
    /// The deadline passed before the outcome was there.
    Timeout,
    /// The caller, or a shutdown, gave the request up.
    Cancelled,
    /// A limit on what may run or wait at once was reached; the request was not started.
    Busy,
    /// A message is larger than the other end takes.
    TooLarge,
    /// The message could not be read, or breaks the protocol.
    BadRequest,
    /// The payload's format is not known there.
    UnsupportedFormat,
    /// The two ends disagree on what the message looks like, and its format,
    /// [`COMPACT`](crate::Format::COMPACT), has no names to tell them apart. The text names the message and the
    /// first difference: `` `Ping`: field `n` is u64 here and u32 there ``. Nothing was sent, or nothing was run;
    /// another format carries the message, and [`Peer::schema_differences`](crate::Peer::schema_differences)
    /// lists all of them. In process: a value is of another type.
    SchemaMismatch,
    /// The caller may not do this.
    Denied,
    /// The handler failed in a way that is not the caller's business: a panic, a broken invariant.
    Internal,
    /// The place that would handle it cannot be reached now.
    Unavailable,
    /// The request was forwarded in a circle, or too often.
    LoopDetected,
    /// The connection ended before the outcome came; whether the request ran is not known.
    ConnectionLost,
    /// A code that this version does not know.
    Unknown(u16),
}

/// The table of codes: its number on the wire, the variant, its name.
const CODES: [(u16, Code, &str); 13] = [
    (1, Code::NotFound, "not found"),
    (2, Code::Timeout, "timeout"),
    (3, Code::Cancelled, "cancelled"),
    (4, Code::Busy, "busy"),
    (5, Code::TooLarge, "too large"),
    (6, Code::BadRequest, "bad request"),
    (7, Code::UnsupportedFormat, "unsupported format"),
    (8, Code::SchemaMismatch, "schema mismatch"),
    (9, Code::Denied, "denied"),
    (10, Code::Internal, "internal"),
    (11, Code::Unavailable, "unavailable"),
    (12, Code::LoopDetected, "loop detected"),
    (13, Code::ConnectionLost, "connection lost"),
];

impl Code {
    /// The code of a name, as `Display` writes it.
    #[cfg(feature = "json-rpc")]
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match CODES.iter().find(|(.., known)| *known == name) {
            Some((_, code, _)) => Some(*code),
            None => name.strip_prefix("code ")?.parse().ok().map(Self::Unknown),
        }
    }
}

impl From<u16> for Code {
    fn from(number: u16) -> Self {
        CODES
            .iter()
            .find(|(n, ..)| *n == number)
            .map_or(Self::Unknown(number), |(_, code, _)| *code)
    }
}

impl From<Code> for u16 {
    fn from(code: Code) -> Self {
        match code {
            Code::Unknown(number) => number,
            known => CODES
                .iter()
                .find(|(_, c, _)| *c == known)
                .map_or(0, |(number, ..)| *number),
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match CODES.iter().find(|(_, code, _)| code == self) {
            Some((.., name)) => f.write_str(name),
            None => write!(f, "code {}", u16::from(*self)),
        }
    }
}

/// What the caller of a request with its own error type gets: that error, or a [`Status`].
///
/// `?` on a nested call turns its `Status` into a `CallError`, unchanged. Wrap a handler's own error:
/// `return Err(CallError::Handler(error))`, or `.map_err(CallError::Handler)?` on a result of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError<E> {
    /// The handler's own error.
    #[error(transparent)]
    Handler(E),
    /// Everything else.
    #[error(transparent)]
    Status(#[from] Status),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_survive_the_wire() {
        for (number, code, _) in CODES {
            assert_eq!(Code::from(number), code);
            assert_eq!(u16::from(code), number);
        }
        assert_eq!(u16::from(Code::from(999)), 999);
    }
}
