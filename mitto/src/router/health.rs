//! Whether a place is left out.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::backoff::Backoff;
use crate::runtime::{Instant, later};
use crate::status::Status;

/// For how long a place is left out at first, at most, and however often it fails.
const WAIT: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// What is known of a place.
#[derive(Default)]
pub(super) struct Health {
    /// Whether it has failed since it last worked.
    failed: AtomicBool,
    trouble: Mutex<Trouble>,
}

struct Trouble {
    why: Option<Status>,
    backoff: Backoff,
    /// When it is tried again.
    again: Option<Instant>,
    /// Since when it has worked.
    works: Option<Instant>,
    failures: u64,
}

impl Health {
    /// Whether it is not left out now.
    #[inline]
    pub(super) fn is_up(&self) -> bool {
        !self.failed.load(Relaxed) || self.may_be_tried()
    }

    /// It has taken a request.
    #[inline]
    pub(super) fn works(&self) {
        if self.failed.load(Relaxed) {
            self.recovers();
        }
    }

    /// It has failed.
    #[cold]
    pub(super) fn fails(&self, why: &Status) {
        let now = Instant::now();
        let mut trouble = self.trouble();
        trouble.why = Some(why.clone());
        trouble.failures += 1;
        // Of the requests that fail together only one counts.
        if !self.failed.swap(true, Relaxed) || trouble.again.is_none_or(|again| again <= now) {
            if let Some(since) = trouble.works.take() {
                trouble.backoff.lasted(now.saturating_duration_since(since));
            }
            let wait = trouble.backoff.next();
            trouble.again = Some(later(now, wait));
        }
    }

    /// Why it is left out, for people.
    pub(super) fn why(&self) -> Option<String> {
        let trouble = self.trouble();
        trouble.why.as_ref().map(|why| why.message().to_owned())
    }

    /// How often it has failed.
    pub(super) fn failures(&self) -> u64 {
        self.trouble().failures
    }

    #[cold]
    fn may_be_tried(&self) -> bool {
        let again = self.trouble().again;
        again.is_none_or(|again| again <= Instant::now())
    }

    #[cold]
    fn recovers(&self) {
        let mut trouble = self.trouble();
        self.failed.store(false, Relaxed);
        trouble.why = None;
        trouble.again = None;
        trouble.works = Some(Instant::now());
    }

    fn trouble(&self) -> MutexGuard<'_, Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Trouble {
    fn default() -> Self {
        Self {
            why: None,
            backoff: Backoff::new(WAIT, LONGEST),
            again: None,
            works: None,
            failures: 0,
        }
    }
}
