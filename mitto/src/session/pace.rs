//! How fast a connection is written to, where that is limited.

use std::time::Duration;

use crate::framing::PIECE;
use crate::runtime::Instant;

/// What may be written at once is what this share of a second allows: a 40th, or 25 ms. So long a
/// small message waits for the piece of a large one before it.
const SHARE: u64 = 40;
/// The least that is written at once, in bytes, however slow.
const LEAST: u64 = 1 << 10;

/// A bucket of bytes that fills at the limited rate. What is written may empty it by more than is
/// there, since frames are written whole; the next one waits the longer.
#[derive(Debug)]
pub(super) struct Pace {
    rate: u64,
    /// The bytes in the bucket at `at`, below 0 when too much was written.
    level: i64,
    at: Instant,
    /// Whether something had to wait at the last write.
    pub(super) slowed: bool,
}

impl Pace {
    pub(super) fn new(rate: u64, now: Instant) -> Self {
        let rate = rate.max(1);
        Self {
            rate,
            level: at_once(rate) as i64,
            at: now,
            slowed: false,
        }
    }

    /// The bytes that may be written now, 0 when it is not yet time; one frame may have more.
    pub(super) fn allowance(&mut self, now: Instant) -> usize {
        self.fill(now);
        match self.level > 0 {
            true => at_once(self.rate),
            false => 0,
        }
    }

    pub(super) fn spend(&mut self, bytes: usize) {
        self.level = self.level.saturating_sub_unsigned(bytes as u64);
    }

    /// When something may be written.
    pub(super) fn ready_at(&self) -> Instant {
        let missing = u64::try_from(1 - self.level).unwrap_or(0);
        let nanos = u128::from(missing) * 1_000_000_000 / u128::from(self.rate) + 1;
        self.at + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at);
        let come = passed.as_nanos() * u128::from(self.rate) / 1_000_000_000;
        if come == 0 {
            return;
        }
        let come = u64::try_from(come).unwrap_or(u64::MAX);
        let full = at_once(self.rate) as i64;
        self.level = self.level.saturating_add_unsigned(come).min(full);
        self.at = now;
    }
}

/// The size of the pieces of a large message.
pub(super) fn piece(bandwidth: Option<u64>) -> usize {
    bandwidth.map_or(PIECE, at_once)
}

fn at_once(rate: u64) -> usize {
    (rate / SHARE).clamp(LEAST, PIECE as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_is_kept_whatever_the_sizes() {
        for (rate, frame) in [(1_000_000, 700), (1_000_000, 60_000), (2_000, 100_000)] {
            let start = Instant::now();
            let mut pace = Pace::new(rate, start);
            let (mut now, mut written) = (start, 0);
            while now < start + Duration::from_secs(200) {
                if pace.allowance(now) > 0 {
                    pace.spend(frame);
                    written += frame as u64;
                }
                now = now.max(pace.ready_at());
            }
            let (expected, slack) = (200 * rate, frame as u64 + PIECE as u64);
            assert!(
                written.abs_diff(expected) <= slack,
                "{written} of {expected}"
            );
        }
    }

    #[test]
    fn burst_after_a_rest_is_bounded() {
        let start = Instant::now();
        let mut pace = Pace::new(1_000_000, start);
        let later = start + Duration::from_secs(100);
        assert_eq!(pace.allowance(later), 25_000);
        pace.spend(25_000);
        assert_eq!(pace.allowance(later), 0);
        assert!(pace.ready_at() > later);
    }
}
