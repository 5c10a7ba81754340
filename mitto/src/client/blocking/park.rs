//! Parks a thread until a future can go on.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

thread_local! {
    /// Used again by the thread's next wait. One within another makes its own, so that neither takes the
    /// wake-ups of the other.
    static SPARE: Cell<Option<Parking>> = const { Cell::new(None) };
}

struct Parking {
    signal: Arc<Signal>,
    waker: Waker,
}

struct Signal {
    thread: Thread,
    raised: AtomicBool,
}

/// Drives a future on this thread; `None` when it is not done in time.
pub(super) fn until<F: Future>(mut future: Pin<&mut F>, end: Option<Instant>) -> Option<F::Output> {
    // Both fail while the thread's own memory is being dropped.
    let spare = SPARE.try_with(Cell::take).ok().flatten();
    let parking = spare.unwrap_or_else(Parking::new);
    let mut cx = Context::from_waker(&parking.waker);
    let outcome = loop {
        if let Poll::Ready(outcome) = future.as_mut().poll(&mut cx) {
            break Some(outcome);
        }
        if !parking.signal.wait(end) {
            break None;
        }
    };
    let _ = SPARE.try_with(|spare| spare.set(Some(parking)));
    outcome
}

impl Parking {
    fn new() -> Self {
        let signal = Arc::new(Signal {
            thread: thread::current(),
            raised: AtomicBool::new(false),
        });
        Self {
            waker: signal.clone().into(),
            signal,
        }
    }
}

impl Signal {
    /// Parks the thread until it is woken; false when the time is over.
    fn wait(&self, end: Option<Instant>) -> bool {
        while !self.raised.swap(false, Ordering::Acquire) {
            let Some(end) = end else {
                thread::park();
                continue;
            };
            match end.checked_duration_since(Instant::now()) {
                Some(left) if !left.is_zero() => thread::park_timeout(left),
                _ => return false,
            }
        }
        true
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.raised.swap(true, Ordering::Release) {
            self.thread.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::time::Duration;

    use super::*;

    #[test]
    fn wait_within_a_wait_takes_no_wake_up() {
        let outer = tokio::sync::Notify::new();
        let mut outside = pin!(async {
            outer.notified().await;
            let (answer, waits) = tokio::sync::oneshot::channel();
            thread::spawn(move || answer.send(7));
            until(pin!(waits), None)
        });
        thread::scope(|scope| {
            scope.spawn(|| outer.notify_one());
            assert_eq!(until(outside.as_mut(), None), Some(Some(Ok(7))));
        });
    }

    #[test]
    fn time_ends_a_wait() {
        let end = Instant::now() + Duration::from_millis(5);
        let never = until(pin!(std::future::pending::<()>()), Some(end));
        assert!(never.is_none() && Instant::now() >= end);
    }
}
