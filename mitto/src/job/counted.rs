use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// One of those of which there may be only so many; counted until it is dropped.
#[derive(Debug)]
pub(crate) struct Counted(Arc<AtomicUsize>);

impl Counted {
    /// Counts one more, unless there are `limit` already.
    pub(crate) fn one(of: &Arc<AtomicUsize>, limit: usize) -> Option<Self> {
        let one = Self(of.clone());
        (of.fetch_add(1, Relaxed) < limit).then_some(one)
    }

    /// Counts one more, however many there are.
    #[cfg(feature = "host")]
    pub(crate) fn any(of: &Arc<AtomicUsize>) -> Self {
        of.fetch_add(1, Relaxed);
        Self(of.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
