//! What is kept of one request.

use std::pin::Pin;
use std::task::Waker;

use tokio_util::sync::CancellationToken;

use crate::envelope::Stopwatch;
use crate::job::Run;
use crate::runtime::Sleep;

/// What a request in flight needs beside its replies.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) run: Option<Run>,
    /// Runs where the caller wants to know how long.
    pub(super) stopwatch: Option<Stopwatch>,
    /// The box is kept for the next request.
    pub(super) timer: Option<Pin<Box<Option<Sleep>>>>,
    /// The handler that waits for its reader.
    pub(super) sender: Option<Waker>,
    pub(super) token: Option<CancellationToken>,
}

/// What a request leaves in its slot.
#[derive(Default)]
pub(super) struct Left {
    _run: Option<Run>,
    _sender: Option<Waker>,
    pub(super) token: Option<CancellationToken>,
}

impl Slot {
    /// Frees the slot. What the request leaves is to be dropped outside the lock.
    pub(super) fn end(&mut self) -> Left {
        self.stopwatch = None;
        if let Some(timer) = &mut self.timer {
            timer.set(None);
        }
        Left {
            _run: self.run.take(),
            _sender: self.sender.take(),
            token: self.token.take(),
        }
    }
}
