//! How far what was sent to inboxes is written.
//!
//! Answers go out on one connection and acknowledgements on another. A task is acknowledged when what its
//! worker has sent before is in the hands of the system: a worker that is killed then has left behind either
//! the answer or the task.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Waker;

use futures_util::task::AtomicWaker;

/// How far what was sent is written, as the publishing task says and the consuming one reads.
#[derive(Default)]
pub(super) struct Writes {
    given: AtomicU64,
    written: AtomicU64,
    /// Nothing is waited for: the broker takes no messages for now, and is better off with the
    /// acknowledgements; or there is no publishing task any more.
    open: AtomicBool,
    waits: AtomicWaker,
}

impl Writes {
    /// Counts a message, before it is on its way to the publishing task.
    pub(super) fn give(&self) {
        self.given.fetch_add(1, Ordering::Release);
    }

    /// How many there were until now, at least.
    pub(super) fn given(&self) -> u64 {
        self.given.load(Ordering::Acquire)
    }

    /// How many are written or lost.
    pub(super) fn written(&self) -> u64 {
        match self.open.load(Ordering::Acquire) {
            true => u64::MAX,
            false => self.written.load(Ordering::Acquire),
        }
    }

    /// Wakes whoever waits when more are.
    pub(super) fn wait(&self, waker: &Waker) {
        self.waits.register(waker);
    }

    pub(super) fn set_open(&self, open: bool) {
        self.open.store(open, Ordering::Release);
        self.waits.wake();
    }

    fn set_written(&self, written: u64) {
        self.written.store(written, Ordering::Release);
        self.waits.wake();
    }
}

/// Counts what the publishing task has begun to write.
#[derive(Default)]
pub(super) struct Writing {
    /// Before all that is in `begun`.
    written: u64,
    told: u64,
    /// Whether each is written.
    begun: VecDeque<bool>,
}

impl Writing {
    /// The number of the next one.
    pub(super) fn begin(&mut self) -> u64 {
        self.begun.push_back(false);
        self.written + self.begun.len() as u64
    }

    /// One is written, or never will be. That is [told](Self::tell) later.
    pub(super) fn end(&mut self, number: u64) {
        let at = number.checked_sub(self.written + 1);
        let at = at.and_then(|at| usize::try_from(at).ok());
        let Some(ended) = at.and_then(|at| self.begun.get_mut(at)) else {
            return;
        };
        *ended = true;
        while self.begun.front() == Some(&true) {
            self.begun.pop_front();
            self.written += 1;
        }
    }

    /// Its connection is lost, and with it what is not written.
    pub(super) fn lose(&mut self) {
        self.written += self.begun.len() as u64;
        self.begun.clear();
    }

    /// Says how many are written, where that is news.
    pub(super) fn tell(&mut self, writes: &Writes) {
        if self.written > self.told {
            self.told = self.written;
            writes.set_written(self.written);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_up_to_the_first_that_is_not() {
        let (writes, mut writing) = (Writes::default(), Writing::default());
        let end = |writing: &mut Writing, number| {
            writing.end(number);
            writing.tell(&writes);
            writes.written()
        };
        let [one, two, three] = [(); 3].map(|()| writing.begin());
        assert_eq!(end(&mut writing, two), 0);
        assert_eq!(end(&mut writing, one), 2);
        assert_eq!(end(&mut writing, three), 3);
        assert_eq!(end(&mut writing, three), 3);
        assert_eq!(writing.begin(), 4);
    }

    #[test]
    fn nothing_waits_for_what_is_lost() {
        let (writes, mut writing) = (Writes::default(), Writing::default());
        writing.begin();
        let late = writing.begin();
        writing.lose();
        writing.tell(&writes);
        assert_eq!(writes.written(), 2);
        writing.end(late);
        writing.tell(&writes);
        assert_eq!((writes.written(), writing.begin()), (2, 3));
        writes.set_open(true);
        assert_eq!(writes.written(), u64::MAX);
    }
}
