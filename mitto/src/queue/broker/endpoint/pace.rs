//! How much time a request has.

use std::time::Duration;

use super::ALIVE;
use crate::limits::Limits;
use crate::runtime::{Instant, later};

/// How long a request may run before its caller is told where.
const QUIET: Duration = Duration::from_millis(500);

/// How long after the deadline an answer is still sent, where there is no connection: its caller may wait as long.
const GRACE: Duration = Duration::from_secs(1);

/// When a request is to have ended, and when its caller is told that it runs.
pub(super) struct Pace {
    deadline: Option<Instant>,
    /// From each progress report on.
    timeout: Duration,
    /// However much progress is reported.
    last: Instant,
    idle: Option<Duration>,
    alive: Instant,
    begun: bool,
    ended: bool,
}

impl Pace {
    pub(super) fn new(deadline: Option<Instant>, limits: &Limits) -> Self {
        let now = Instant::now();
        let timeout = match deadline {
            Some(deadline) => deadline.saturating_duration_since(now),
            None => limits.timeout_max,
        };
        Self {
            deadline: Some(later(now, timeout)),
            timeout,
            last: later(now, limits.timeout_max),
            idle: limits.stream_idle,
            alive: now + QUIET,
            begun: false,
            ended: false,
        }
    }

    /// Something was sent that says where the request runs.
    pub(super) fn told(&mut self) {
        self.alive = Instant::now() + ALIVE;
    }

    pub(super) fn progress(&mut self) {
        if !self.begun {
            let deadline = later(Instant::now(), self.timeout).min(self.last);
            self.deadline = self.deadline.max(Some(deadline));
        }
    }

    /// A stream's deadline ends with its first item; then it may be idle for a while.
    pub(super) fn item(&mut self) {
        self.begun = true;
        self.deadline = self.idle.map(|idle| later(Instant::now(), idle));
    }

    /// The last part of the answer is given, and only to be sent.
    pub(super) fn end(&mut self) {
        if !self.ended {
            self.ended = true;
            let least = later(Instant::now(), GRACE);
            let deadline = self.deadline.unwrap_or(self.last).max(least);
            self.deadline = Some(deadline);
            self.alive = deadline;
        }
    }

    /// Whether its deadline has passed.
    pub(super) fn is_late(&self) -> bool {
        let now = Instant::now();
        self.deadline.is_some_and(|deadline| deadline <= now)
    }

    /// When something is to be done next.
    pub(super) fn next(&self) -> Instant {
        self.deadline
            .map_or(self.alive, |deadline| deadline.min(self.alive))
    }
}
