//! How long to wait before the next attempt, when one has failed.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The waits before attempts, each for a random time below a limit that doubles.
#[derive(Debug)]
pub(crate) struct Backoff {
    initial: Duration,
    max: Duration,
    step: u32,
}

impl Backoff {
    /// Waits of at most `initial` at first, and never more than `max`.
    pub(crate) fn new(initial: Duration, max: Duration) -> Self {
        // Without any wait a server that refuses would be asked without end.
        let initial = initial.max(Duration::from_millis(1));
        Self {
            initial,
            max: max.max(initial),
            step: 0,
        }
    }

    /// The next wait: anything up to the limit, which doubles.
    pub(crate) fn next(&mut self) -> Duration {
        let wait = self.limit().mul_f64(fraction());
        self.step = self.step.saturating_add(1);
        wait
    }

    /// A connection has lasted for so long. One that is lost at once is no better than none.
    #[cfg(any(feature = "client", feature = "host", feature = "mqtt"))]
    pub(crate) fn lasted(&mut self, time: Duration) {
        if time >= self.limit() {
            self.restart();
        }
    }

    #[cfg(any(feature = "client", feature = "host", feature = "mqtt"))]
    pub(crate) fn restart(&mut self) {
        self.step = 0;
    }

    fn limit(&self) -> Duration {
        let factor = 1_u32.checked_shl(self.step).unwrap_or(u32::MAX);
        self.initial.saturating_mul(factor).min(self.max)
    }
}

/// A random number from 0 to 1. The keys of the standard library's hash tables are random, which is as
/// good as it must be to keep clients apart.
fn fraction() -> f64 {
    let random = RandomState::new().hash_one(());
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backoff() -> Backoff {
        Backoff::new(Duration::from_millis(100), Duration::from_secs(30))
    }

    #[test]
    fn waits_stay_below_a_limit_that_doubles_up_to_the_maximum() {
        for _ in 0..100 {
            let mut backoff = backoff();
            for attempt in 0..64 {
                let limit = Duration::from_millis(100) * 2_u32.pow(attempt.min(9));
                assert!(backoff.next() <= limit.min(Duration::from_secs(30)));
            }
        }
    }

    #[test]
    fn waits_are_spread_evenly() {
        let mut tenths = [0; 10];
        for _ in 0..10_000 {
            tenths[(fraction() * 10.0) as usize] += 1;
        }
        assert!(
            tenths.iter().all(|&n| (800..1_200).contains(&n)),
            "{tenths:?}"
        );
    }

    #[cfg(feature = "client")]
    #[test]
    fn only_a_connection_that_lasts_restarts_the_waits() {
        let mut backoff = backoff();
        for _ in 0..4 {
            backoff.next();
        }
        backoff.lasted(Duration::from_millis(1_599));
        assert_eq!(backoff.limit(), Duration::from_millis(1_600));
        backoff.lasted(Duration::from_millis(1_600));
        assert_eq!(backoff.limit(), Duration::from_millis(100));
    }

    #[test]
    fn there_is_always_some_wait() {
        let none = Backoff::new(Duration::ZERO, Duration::ZERO);
        assert_eq!(none.limit(), Duration::from_millis(1));
    }
}
