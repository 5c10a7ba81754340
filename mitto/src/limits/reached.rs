//! What is said when a limit is reached: a log line and a metric, from one place.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Limit;
use crate::escaped::Escaped;
use crate::runtime::unix_seconds;

/// The counter of how often each limit was reached; its label `limit` is [`Limit::name`].
#[cfg(feature = "metrics")]
pub const LIMITS_REACHED: &str = "mitto_limits_reached_total";

/// Tells that something was refused, dropped or closed at a limit; `at` says where: the other end, or
/// the message.
#[cold]
pub(crate) fn reached(limit: Limit, at: &str) {
    count(limit);
    if let Some(unshown) = REFUSED[limit as usize].pass(unix_seconds()) {
        tracing::warn!(target: "mitto::limits", %limit, at = %Escaped(at), unshown, "limit reached");
    }
}

/// Tells that something waits at a limit: that is how it should be, so no warning.
#[cold]
pub(crate) fn waits(limit: Limit, at: &str) {
    count(limit);
    if let Some(unshown) = WAITED[limit as usize].pass(unix_seconds()) {
        tracing::debug!(target: "mitto::limits", %limit, at = %Escaped(at), unshown, "limit reached, waiting");
    }
}

fn count(limit: Limit) {
    #[cfg(feature = "metrics")]
    metrics::counter!(LIMITS_REACHED, "limit" => limit.name()).increment(1);
    let _ = limit;
}

// Of the process, so that the log is bounded however many servers, clients and attackers there are.
static REFUSED: [Gate; Limit::ALL.len()] = [const { Gate::new() }; Limit::ALL.len()];
static WAITED: [Gate; Limit::ALL.len()] = [const { Gate::new() }; Limit::ALL.len()];

/// Lets one through in each second, and counts the others.
pub(crate) struct Gate {
    second: AtomicU64,
    unshown: AtomicU64,
}

impl Gate {
    pub(crate) const fn new() -> Self {
        Self {
            second: AtomicU64::new(0),
            unshown: AtomicU64::new(0),
        }
    }

    /// Whether this one goes through; then with how many have not since the last one did.
    pub(crate) fn pass(&self, second: u64) -> Option<u64> {
        let last = self.second.load(Relaxed);
        let first = last != second
            && self
                .second
                .compare_exchange(last, second, Relaxed, Relaxed)
                .is_ok();
        if first {
            return Some(self.unshown.swap(0, Relaxed));
        }
        self.unshown.fetch_add(1, Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_in_a_second_says_how_many_were_left_out() {
        let gate = Gate::new();
        assert_eq!(gate.pass(7), Some(0));
        assert_eq!(gate.pass(7), None);
        assert_eq!(gate.pass(7), None);
        assert_eq!(gate.pass(8), Some(2));
        assert_eq!(gate.pass(9), Some(0));
    }

    #[test]
    fn every_limit_has_a_gate() {
        for (index, limit) in Limit::ALL.iter().enumerate() {
            assert_eq!(*limit as usize, index);
        }
    }
}
