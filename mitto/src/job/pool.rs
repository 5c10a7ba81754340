//! Memory of finished handlers, used again.

use std::any::Any;
use std::fmt;
use std::mem;
use std::pin::Pin;

use super::place::Place;
use crate::runtime::Instant;

/// The boxes of finished handlers, at most one per handler, [`Pool::MAX`] in all.
#[derive(Default)]
pub struct Pool {
    boxes: Vec<(usize, Pin<Box<dyn Place>>)>,
    /// When somebody has just looked at the clock, for the handler that is next.
    clock: Option<Instant>,
}

impl Pool {
    /// The most boxes that are kept.
    pub const MAX: usize = 16;

    /// Takes the box that `key` left and moves the handler's future into it; `None` where there is no
    /// such box. `future` is an `Option` of it.
    pub(super) fn fill(&mut self, key: usize, future: &mut dyn Any) -> Option<Pin<Box<dyn Place>>> {
        let at = self.boxes.iter().position(|(k, _)| *k == key)?;
        let (_, mut reused) = self.boxes.swap_remove(at);
        reused.as_mut().fill(future).then_some(reused)
    }

    pub(super) fn keep(&mut self, key: usize, finished: Pin<Box<dyn Place>>) {
        if self.boxes.len() < Self::MAX && self.boxes.iter().all(|(k, _)| *k != key) {
            self.boxes.push((key, finished));
        }
    }

    /// Tells what time it is.
    pub(crate) fn note_clock(&mut self, now: Instant) {
        self.clock = Some(now);
    }

    /// What time it is, where that was told and nothing has run since then.
    pub(crate) fn take_clock(&mut self) -> Option<Instant> {
        self.clock.take()
    }

    /// Takes the boxes back that were lent from here; what has come meanwhile stays.
    #[inline]
    pub(super) fn give_back(&mut self, lent: Self) {
        if self.boxes.capacity() == 0 {
            // There is nothing to be dropped, which is not seen otherwise, and asked for each request.
            mem::forget(mem::replace(&mut self.boxes, lent.boxes));
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
