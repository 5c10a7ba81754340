//! Sending a request again that has failed.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::backoff::Backoff;
use crate::runtime::{Instant, Sleep, later, sleep_until};
use crate::status::{Code, Status};

/// How often a request that has failed is sent again, where another try may help; for [`Call::retry`].
///
/// | it fails with | `idempotent` | others |
/// | --- | --- | --- |
/// | [`Busy`](Code::Busy): it was not started | again | again |
/// | [`Unavailable`](Code::Unavailable) or [`ConnectionLost`](Code::ConnectionLost), and was not sent | again | again |
/// | the same, after it was sent: it may have run | again | no |
/// | anything else, the handler's own errors among it | no | no |
///
/// Each time it waits before, at random up to a limit, which begins at [`initial`](Self::initial) and doubles up to
/// [`max`](Self::max). The deadline is that of all attempts together; when it does not leave time for another
/// one, the last failure is the outcome. Middleware sees each attempt as a request of its own. A stream is
/// sent again until its handler has begun, a notification never, and neither is a message that a handler in
/// this process has taken.
///
/// [`Call::retry`]: super::Call::retry
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use mitto::Retry;
///
/// let retry = Retry::times(3)
///     .initial(Duration::from_millis(50))
///     .max(Duration::from_secs(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "give it to `Call::retry`"]
pub struct Retry {
    times: u32,
    initial_millis: u32,
    max_millis: u32,
}

impl Retry {
    /// Sends it again so many times at most; 0 is never.
    pub const fn times(times: u32) -> Self {
        Self {
            times,
            initial_millis: 100,
            max_millis: 5_000,
        }
    }

    /// The most that it waits before the first time: 100 ms, in whole milliseconds.
    pub const fn initial(mut self, initial: Duration) -> Self {
        self.initial_millis = millis(initial);
        self
    }

    /// The most that it waits before any time: 5 s, in whole milliseconds.
    pub const fn max(mut self, max: Duration) -> Self {
        self.max_millis = millis(max);
        self
    }
}

/// So many times, with the usual waits.
impl From<u32> for Retry {
    fn from(times: u32) -> Self {
        Self::times(times)
    }
}

const fn millis(time: Duration) -> u32 {
    let millis = time.as_millis();
    match millis > u32::MAX as u128 {
        true => u32::MAX,
        false => millis as u32,
    }
}

/// The attempts of one call.
pub(super) struct Attempts {
    left: u32,
    backoff: Backoff,
    deadline: Instant,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Attempts {
    pub(super) fn new(retry: Retry, timeout: Duration) -> Self {
        let wait = |millis| Duration::from_millis(u64::from(millis));
        Self {
            left: retry.times,
            backoff: Backoff::new(wait(retry.initial_millis), wait(retry.max_millis)),
            deadline: later(Instant::now(), timeout),
            pause: None,
        }
    }

    /// What is left of the deadline.
    pub(super) fn timeout(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    pub(super) fn is_last(&self) -> bool {
        self.left == 0
    }

    /// Waits for the next attempt's turn.
    pub(super) fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.pause {
            Some(pause) => pause.as_mut().poll(cx),
            None => Poll::Ready(()),
        }
    }

    /// Whether there is to be another attempt, after this failure.
    pub(super) fn fail(&mut self, status: &Status, may_have_run: bool, idempotent: bool) -> bool {
        let may_help = match status.code() {
            Code::Busy => true,
            Code::Unavailable | Code::ConnectionLost => idempotent || !may_have_run,
            _ => false,
        };
        if !may_help || self.left == 0 {
            return false;
        }
        let next = later(Instant::now(), self.backoff.next());
        if next >= self.deadline {
            return false;
        }
        self.left -= 1;
        self.pause = Some(Box::pin(sleep_until(next)));
        true
    }
}
