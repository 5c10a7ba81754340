//! Memory of finished handlers, used again.

use std::fmt;

use tokio_util::sync::ReusableBoxFuture;

/// The boxes of finished handlers, at most one per handler, [`Pool::MAX`] in all.
#[derive(Default)]
pub struct Pool {
    boxes: Vec<(usize, ReusableBoxFuture<'static, ()>)>,
}

impl Pool {
    /// The most boxes that are kept.
    pub const MAX: usize = 16;

    /// Puts `future` into a box: the one that `key` left, or a new one.
    pub(super) fn fill<F>(&mut self, key: usize, future: F) -> ReusableBoxFuture<'static, ()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        match self.boxes.iter().position(|(k, _)| *k == key) {
            Some(at) => {
                let (_, mut reused) = self.boxes.swap_remove(at);
                reused.set(future);
                reused
            }
            None => ReusableBoxFuture::new(future),
        }
    }

    pub(super) fn keep(&mut self, key: usize, finished: ReusableBoxFuture<'static, ()>) {
        if self.boxes.len() < Self::MAX && self.boxes.iter().all(|(k, _)| *k != key) {
            self.boxes.push((key, finished));
        }
    }

    /// Gives everything back.
    pub fn clear(&mut self) {
        self.boxes = Vec::new();
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({})", self.boxes.len())
    }
}
