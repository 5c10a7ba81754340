//! When a request was handled, for callers that ask.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Entries, Metadata};
use crate::runtime::Instant;

/// The metadata key of a request whose caller wants to know when it was handled. Its value is `1`.
pub const TIMING: &str = "mitto-timing";
/// The metadata key of an outcome that says when its handler started, in microseconds of Unix time.
pub const STARTED: &str = "mitto-started";
/// The metadata key of an outcome that says when its handler ended, in microseconds of Unix time.
pub const ENDED: &str = "mitto-ended";

/// When the handler of a request started and ended, by the clock of where it ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Microseconds of Unix time, as on the wire: a reply that carries them is no larger than others.
    started: u64,
    ended: u64,
}

/// Takes the time of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    started: SystemTime,
    /// What the time taken is counted from: the other clock may be set meanwhile.
    since: Instant,
}

impl Timing {
    /// Reads what stands beside an outcome; `None` where it does not say both.
    pub fn read(metadata: Entries<'_>) -> Option<Self> {
        let time = |key| metadata.get(key)?.parse().ok();
        Some(Self {
            started: time(STARTED)?,
            ended: time(ENDED)?,
        })
    }

    /// What is to stand beside the outcome.
    pub fn metadata(&self) -> Metadata {
        let entries = [(STARTED, self.started), (ENDED, self.ended)];
        let entries = entries.into_iter();
        entries.map(|(key, time)| (key, time.to_string())).collect()
    }

    /// When the handler started; `None` where no clock of this system can say it.
    pub fn started(&self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_micros(self.started))
    }

    /// When the handler ended; `None` where no clock of this system can say it.
    pub fn ended(&self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_micros(self.ended))
    }
}

impl Stopwatch {
    /// Starts, where the request with this metadata asks for it.
    pub(crate) fn asked(metadata: Entries<'_>) -> Option<Self> {
        let asks = !metadata.is_empty() && metadata.get(TIMING).is_some();
        asks.then(|| Self {
            started: SystemTime::now(),
            since: Instant::now(),
        })
    }

    /// The time taken until now.
    pub(crate) fn read(&self) -> Timing {
        let started = self.started.duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Timing {
            started: micros(started),
            ended: micros(started.saturating_add(self.since.elapsed())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let timing = Timing {
            started: 1_700_000_000_000_001,
            ended: 1_700_000_000_250_002,
        };
        let metadata = timing.metadata();
        assert_eq!(metadata.get(STARTED), Some("1700000000000001"));
        assert_eq!(Timing::read(metadata.entries()), Some(timing));
        let took = timing
            .ended()
            .unwrap()
            .duration_since(timing.started().unwrap());
        assert_eq!(took.unwrap(), Duration::from_micros(250_001));
    }

    #[test]
    fn times_that_cannot_be_are_none() {
        for (started, ended) in [("1", ""), ("-1", "2"), ("1", "18446744073709551616")] {
            let metadata: Metadata = [(STARTED, started), (ENDED, ended)].into_iter().collect();
            assert_eq!(Timing::read(metadata.entries()), None, "{started} {ended}");
        }
        assert_eq!(Timing::read(Entries::NONE), None);
        let metadata: Metadata = [(STARTED, "7")].into_iter().collect();
        assert_eq!(Timing::read(metadata.entries()), None);
    }

    #[test]
    fn only_who_asks_is_timed() {
        assert!(Stopwatch::asked(Entries::NONE).is_none());
        let other: Metadata = [("trace", "1")].into_iter().collect();
        assert!(Stopwatch::asked(other.entries()).is_none());
        let asks: Metadata = [(TIMING, "1")].into_iter().collect();
        assert!(Stopwatch::asked(asks.entries()).is_some());
    }
}
