//! What a session's task does when time has passed.

use std::future::Future;
use std::task::Context;

use super::driver::{DEADLOCK, Driver, Write};
use super::ending::lost;
use super::receive::End;
use super::shared::State;
use crate::envelope::{CorrelationId, Head, Kind};
use crate::limits::Limit;
use crate::runtime::{Instant, later};
use crate::transport::CloseReason;

impl Driver {
    /// Looks at the clock: deadlines, silence, a peer that does not read. Says whether neither end has
    /// begun to close.
    pub(super) fn tick(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<bool, End> {
        let read = std::mem::take(&mut self.receive.read);
        let mut state = self.shared().state();
        if read > 0 {
            state.read.add(read, now);
        }
        let open = state.is_open();
        let mut next = self.next(&state, now);
        drop(state);
        if next <= now {
            self.due(now)?;
            next = self.next(&self.shared().state(), now);
        }
        // The other end's pings count as well: an end that is always pinged first is idle, too.
        let ping = self.shared().config.limits.ping;
        if self.receive.is_idle(now, ping) {
            self.receive.shrink();
            self.writing.shrink();
            self.connection.shrink();
        }
        self.arm(next, now, cx);
        Ok(open)
    }

    /// When the clock must be looked at again, at the latest.
    pub(super) fn next(&self, state: &State, now: Instant) -> Instant {
        let limits = &self.shared().config.limits;
        let quiet = match self.pinged {
            true => limits.silence,
            false => limits.ping.min(limits.silence),
        };
        let mut next = later(self.last_read, quiet);
        if let Some(earliest) = self.receive.earliest(state) {
            next = next.min(earliest);
        }
        if let Write::Pending { since, .. } = self.write {
            next = next.min(later(since, limits.write_stall));
        }
        if self.held
            && let Some(since) = self.stuck_since()
        {
            let deadlock = later(since, DEADLOCK);
            if deadlock > now {
                next = next.min(deadlock);
            }
        }
        if let Some(pace) = &self.pace
            && self.write == Write::Idle
            && state.out.is_ready()
        {
            next = next.min(pace.ready_at());
        }
        if state.is_open() {
            return next;
        }
        let closing = state.closing.as_ref().map(|closing| closing.deadline);
        let leaving = state.leaving.as_ref().map(|leaving| leaving.deadline);
        let ending = closing.into_iter().chain(leaving);
        ending.filter(|at| *at > now).fold(next, Instant::min)
    }

    /// Does what it is time for.
    fn due(&mut self, now: Instant) -> Result<(), End> {
        let earliest = self.receive.earliest(&self.shared().state());
        if earliest.is_some_and(|earliest| earliest <= now) {
            self.receive.expire(now);
        }
        let limits = &self.shared().config.limits;
        let (ping, silence) = (limits.ping, limits.silence);
        let silent = now.saturating_duration_since(self.last_read);
        if silent >= silence {
            return Err(End {
                why: lost("the other end has been silent for too long"),
                reason: CloseReason::new(CloseReason::GOING_AWAY, "silent for too long"),
                goodbye: None,
                limit: Some(Limit::Silence),
            });
        }
        if silent >= ping && !self.pinged {
            self.pinged = self.ping();
            if !self.pinged {
                // Who cannot be asked is not silent.
                self.last_read = now;
            }
        }
        Ok(())
    }

    /// Has the task woken at `next`, or earlier.
    fn arm(&mut self, next: Instant, now: Instant, cx: &mut Context<'_>) {
        if next < self.timer.deadline() || self.timer.is_elapsed() {
            self.timer.as_mut().reset(next);
            self.armed = false;
        }
        // Once it is armed it wakes the task by itself.
        if !self.armed || self.timer.deadline() <= now {
            self.armed = self.timer.as_mut().poll(cx).is_pending();
            if !self.armed {
                cx.waker().wake_by_ref();
            }
        }
    }

    /// Asks the other end for a sign of life; `false` where neither transport nor framing can.
    fn ping(&mut self) -> bool {
        if self.connection.ping() {
            return true;
        }
        if !self.framing.hello() {
            return false;
        }
        let shared = self.receive.shared.clone();
        let head = Head::new(Kind::Ping, CorrelationId::NONE);
        shared.control(&mut shared.state(), &head, |_| {});
        true
    }
}
