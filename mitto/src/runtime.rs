//! The one place that names the async runtime's clock and tasks.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(crate) use tokio::runtime::Handle as RuntimeHandle;
pub(crate) use tokio::task::spawn;
pub(crate) use tokio::time::{Instant, Sleep, sleep_until, timeout};

/// `now + time`, or as late as a clock can say: limits may be set to anything.
#[inline]
pub(crate) fn later(now: Instant, time: Duration) -> Instant {
    now.checked_add(time).unwrap_or_else(|| far(now))
}

/// The earlier of two moments, as far as there are any.
#[inline]
pub(crate) fn sooner(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cold]
fn far(now: Instant) -> Instant {
    now + Duration::from_secs(60 * 60 * 24 * 365)
}

/// Seconds of the wall clock, for what happens once in a second at most.
pub(crate) fn unix_seconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
