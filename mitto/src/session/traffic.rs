//! How much a connection carries.

use std::time::Duration;

use crate::runtime::Instant;

/// What the rate is measured over.
const WINDOW: Duration = Duration::from_secs(1);

/// The bytes of one direction, and their rate over about the last second. It is told of bytes as
/// they come and asked now and then, so that it needs no timer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meter {
    total: u64,
    /// When the current window ends, and what the total was when it began.
    until: Instant,
    before: u64,
    /// The bytes of the window before it.
    last: u64,
}

impl Meter {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            total: 0,
            until: now + WINDOW,
            before: 0,
            last: 0,
        }
    }

    pub(super) fn add(&mut self, bytes: usize, now: Instant) {
        self.turn(now);
        self.total += bytes as u64;
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Bytes per second: those of this window, and of the one before it as much as is missing to a
    /// whole one.
    pub(super) fn rate(&self, now: Instant) -> u64 {
        let mut meter = *self;
        meter.turn(now);
        let missing = meter.until.saturating_duration_since(now).min(WINDOW);
        let missing = missing.as_millis() as u64;
        meter.total - meter.before + meter.last * missing / WINDOW.as_millis() as u64
    }

    /// Begins a new window when the current one is over.
    #[inline]
    fn turn(&mut self, now: Instant) {
        if now >= self.until {
            self.begin(now);
        }
    }

    fn begin(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.until).as_secs();
        self.last = match passed {
            0 => self.total - self.before,
            _ => 0,
        };
        self.before = self.total;
        self.until += Duration::from_secs(passed) + WINDOW;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_is_that_of_the_last_second() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut meter = Meter::new(start);
        assert_eq!(meter.rate(start), 0);
        for tenth in 0..30 {
            meter.add(100, at(100 * tenth));
        }
        assert_eq!((meter.total(), meter.rate(at(2_999))), (3_000, 1_001));
        assert_eq!(meter.rate(at(3_500)), 500);
        assert_eq!(meter.rate(at(4_000)), 0);
        assert_eq!(meter.rate(at(100_000)), 0);
        meter.add(7, at(100_000));
        assert_eq!((meter.total(), meter.rate(at(100_001))), (3_007, 7));
    }
}
