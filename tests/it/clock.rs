//! Time that passes when a test says so, also where sockets are read.

use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

/// A clock that stands still until it is advanced, for a runtime of one thread.
///
/// A clock that is only paused jumps to the next deadline when no task has anything to do, and so while
/// bytes are on their way through the system. It does not jump while blocking work goes on.
pub(crate) struct Clock {
    _work: Sender<()>,
}

impl Clock {
    /// Stops the clock.
    pub(crate) fn stop() -> Self {
        tokio::time::pause();
        Self::hold()
    }

    /// Holds a clock that is paused already.
    pub(crate) fn hold() -> Self {
        let (work, ends) = channel();
        tokio::task::spawn_blocking(move || ends.recv());
        Self { _work: work }
    }

    /// Lets time pass, and whoever has waited for it do what there is to do.
    pub(crate) async fn advance(&self, time: Duration) {
        tokio::time::advance(time).await;
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
    }
}

/// Turns of the run queue: more than any chain of tasks that wake each other is long.
const TURNS: usize = 100;
