use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// One of those that run in this process; counted until it is dropped.
#[derive(Debug)]
pub(crate) struct Running(Arc<AtomicUsize>);

impl Running {
    /// Counts one more, unless there are `limit` already.
    pub(crate) fn count(running: &Arc<AtomicUsize>, limit: usize) -> Option<Self> {
        let one = Self(running.clone());
        (running.fetch_add(1, Relaxed) < limit).then_some(one)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
