//! A turn that is waited before things are done.

use std::task::{Context, Poll};

/// Lets whatever else is ready go first, once: who wakes a task mostly is one of many that do so, and what they bring
/// costs the least when it is handled together, above all what is written to a connection.
#[derive(Default)]
pub(super) struct Gather {
    waited: bool,
}

impl Gather {
    /// Ready every second time; until then the task is woken again.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.waited = !self.waited;
        match self.waited {
            true => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            false => Poll::Ready(()),
        }
    }
}
