//! How a session's task is woken, once however many have something for it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::Waker;

use super::lock;

/// Raised by whoever has work for the session's task; lowered by the task before it looks for the
/// last time, so that nothing is missed.
#[derive(Debug, Default)]
pub(super) struct Signal {
    raised: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Signal {
    /// Wakes the task, unless it is awake or was woken already.
    #[inline]
    pub(super) fn raise(&self) {
        if !self.raised.swap(true, SeqCst) {
            self.wake();
        }
    }

    /// The same for who has added its work under the lock of the session's state. The task takes that lock
    /// after it has lowered the signal, and before it sleeps: whoever finds it raised was seen, or will be,
    /// and need not write to it.
    #[inline]
    pub(super) fn raise_after_lock(&self) {
        if !self.raised.load(SeqCst) {
            self.raise();
        }
    }

    fn wake(&self) {
        let waker = lock(&self.waker).clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Sets who is woken. The task is awake, and stays so until it has looked for work.
    pub(super) fn register(&self, waker: &Waker) {
        *lock(&self.waker) = Some(waker.clone());
    }

    /// The task is awake: nobody needs to wake it.
    #[inline]
    pub(super) fn awake(&self) {
        self.raised.store(true, SeqCst);
    }

    /// The task is about to sleep. It must look for work once more after this.
    pub(super) fn lower(&self) {
        self.raised.store(false, SeqCst);
    }
}
