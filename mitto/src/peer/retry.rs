//! Sending a request again that has failed.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::backoff::Backoff;
use crate::limits::Limits;
use crate::runtime::{Instant, Sleep, later, sleep_until};
use crate::status::{Code, Status};

/// How often a request that has failed is sent again, where another try may help; for [`Call::retry`].
///
/// | it fails with | `idempotent` | others |
/// | --- | --- | --- |
/// | [`Busy`](Code::Busy), [`Unavailable`](Code::Unavailable) or [`ConnectionLost`](Code::ConnectionLost), before it was sent | again | again |
/// | the same, after it was sent: it may have run, as a handler may answer so too | again | no |
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
    initial: Duration,
    max: Duration,
}

impl Retry {
    /// Sends it again so many times at most; 0 is never.
    pub const fn times(times: u32) -> Self {
        Self {
            times,
            initial: Duration::from_millis(100),
            max: Duration::from_secs(5),
        }
    }

    /// The most that it waits before the first time: 100 ms.
    pub const fn initial(mut self, initial: Duration) -> Self {
        self.initial = initial;
        self
    }

    /// The most that it waits before any time: 5 s.
    pub const fn max(mut self, max: Duration) -> Self {
        self.max = max;
        self
    }
}

/// So many times, with the usual waits.
impl From<u32> for Retry {
    fn from(times: u32) -> Self {
        Self::times(times)
    }
}

/// The attempts of one call.
pub(super) struct Attempts {
    retry: Retry,
    left: u32,
    backoff: Backoff,
    /// From the first attempt on.
    deadline: Option<Instant>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Attempts {
    pub(super) fn new(retry: Retry) -> Self {
        Self {
            retry,
            left: retry.times,
            backoff: Backoff::new(retry.initial.min(retry.max), retry.max),
            deadline: None,
            pause: None,
        }
    }

    /// The same for another message.
    pub(super) fn restart(&mut self) {
        *self = Self::new(self.retry);
    }

    /// What is left of the deadline, which begins with the first attempt.
    pub(super) fn timeout(&mut self, whole: Option<Duration>) -> Duration {
        let now = Instant::now();
        let deadline = *self.deadline.get_or_insert_with(|| {
            let whole = whole.unwrap_or_else(|| Limits::default().timeout);
            later(now, whole)
        });
        deadline.saturating_duration_since(now)
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
        let may_help = matches!(
            status.code(),
            Code::Busy | Code::Unavailable | Code::ConnectionLost
        );
        if !may_help || may_have_run && !idempotent || self.left == 0 {
            return false;
        }
        let next = later(Instant::now(), self.backoff.next());
        if self.deadline.is_some_and(|deadline| next >= deadline) {
            return false;
        }
        self.left -= 1;
        self.pause = Some(Box::pin(sleep_until(next)));
        true
    }
}
