use std::fmt;

use super::About;
use crate::status::{Code, Status};

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// With its response.
    Response,
    /// With the handler's own error.
    Error,
    /// With any other failure.
    Status(Status),
    /// A stream came to its end.
    End {
        /// How many items it had.
        items: u64,
    },
    /// A notification was handled; at its sender: it was handed to the connection.
    Done,
}

impl Outcome {
    /// Whether it is what the caller hoped for.
    pub fn is_ok(&self) -> bool {
        matches!(self, Self::Response | Self::End { .. } | Self::Done)
    }

    /// The outcome as one of few words, for metrics and logs: `ok`, `error` for a handler's own error,
    /// otherwise the status's code, such as `not_found`.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Response | Self::End { .. } | Self::Done => "ok",
            Self::Error => "error",
            Self::Status(status) => code(status.code()),
        }
    }
}

pub(super) fn code(code: Code) -> &'static str {
    match code {
        Code::NotFound => "not_found",
        Code::Timeout => "timeout",
        Code::Cancelled => "cancelled",
        Code::Busy => "busy",
        Code::TooLarge => "too_large",
        Code::BadRequest => "bad_request",
        Code::UnsupportedFormat => "unsupported_format",
        Code::SchemaMismatch => "schema_mismatch",
        Code::Denied => "denied",
        Code::Internal => "internal",
        Code::Unavailable => "unavailable",
        Code::LoopDetected => "loop_detected",
        Code::ConnectionLost => "connection_lost",
        Code::Unknown(_) => "unknown",
    }
}

/// What [`Next::run`](super::Next::run) gives: the request has ended, in whatever way. A middleware that
/// lets requests go on returns it.
#[derive(Clone)]
pub struct Answered {
    about: About,
    outcome: Outcome,
}

impl Answered {
    pub(super) fn new(about: About, outcome: Outcome) -> Self {
        Self { about, outcome }
    }

    /// How it ended.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Which request it was.
    pub fn about(&self) -> &About {
        &self.about
    }

    pub(super) fn into_outcome(self) -> Outcome {
        self.outcome
    }
}

impl fmt::Debug for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answered")
            .field("about", &self.about)
            .field("outcome", &self.outcome)
            .finish()
    }
}
