//! How a connection is about to end, as far as callers and handlers must know.

use crate::runtime::Instant;
use crate::status::Status;

/// How the other end wants to close.
#[derive(Clone, Debug)]
pub(super) struct Leaving {
    pub(super) why: Status,
    /// When this end closes, unless it still waits for something.
    pub(super) deadline: Instant,
}

/// How this end wants to close.
#[derive(Clone, Debug)]
pub(super) struct Closing {
    pub(super) why: Status,
    /// Whether what runs may finish first.
    pub(super) drain: bool,
    /// Whether the other end was told.
    pub(super) told: bool,
    /// When what still runs is given up.
    pub(super) deadline: Instant,
}
