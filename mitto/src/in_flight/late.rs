//! Why a request is given up.

use crate::status::{Code, Status};

/// Why a request is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// Nothing has come within its deadline.
    Unanswered,
    /// It is a stream that has begun and was idle for too long.
    Idle,
}

impl Late {
    /// What its caller gets.
    pub fn status(self) -> Status {
        Status::new(
            Code::Timeout,
            match self {
                Self::Unanswered => "no answer within the deadline",
                Self::Idle => "the stream was idle for too long",
            },
        )
    }
}
