//! The writing half of a session's task.

use std::task::{Context, Poll};

use super::driver::{Driver, Write};
use super::ending::{broken, lost};
use super::receive::End;
use super::shared::{Shared, State};
use crate::limits::{Limit, waits};
use crate::runtime::Instant;
use crate::transport::CloseReason;

impl Driver {
    pub(super) fn write(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<(), End> {
        let shared = self.receive.shared.clone();
        loop {
            if self.write == Write::Idle {
                let mut state = shared.state();
                // A batch must be allowed to grow: with several calls outstanding the task goes once
                // to the back of the run queue, and the callers it has woken come first.
                let several = state.in_flight.len() + state.requests.live() > 1;
                if self.may_write(&state, now) && several && !self.yielded {
                    self.yielded = true;
                    cx.waker().wake_by_ref();
                    return Ok(());
                }
                self.take(&mut state, now);
            }
            self.yielded = false;
            let wrote = !self.writing.is_empty() || self.write != Write::Idle;
            match self.connection.poll_write(cx, &mut self.writing) {
                Poll::Ready(Ok(())) => {
                    self.write = Write::Idle;
                    if !wrote || !self.written(&shared, now) {
                        return Ok(());
                    }
                }
                Poll::Ready(Err(error)) => return Err(broken(&error)),
                Poll::Pending => return self.stalled(now),
            }
        }
    }

    /// Whether there is something to write, and it is time to.
    pub(super) fn may_write(&self, state: &State, now: Instant) -> bool {
        let due = self.pace.as_ref().is_none_or(|pace| pace.ready_at() <= now);
        due && self.write == Write::Idle && state.out.is_ready()
    }

    /// Takes what is to be written next, as far as the pace allows.
    fn take(&mut self, state: &mut State, now: Instant) {
        self.take_paced(state, now);
        self.meter.sent(self.writing.len());
    }

    fn take_paced(&mut self, state: &mut State, now: Instant) {
        let Some(pace) = &mut self.pace else {
            return state
                .out
                .take(&*self.framing, &mut self.writing, usize::MAX);
        };
        if !state.out.is_ready() {
            return;
        }
        let most = pace.allowance(now);
        state.out.take(&*self.framing, &mut self.writing, most);
        pace.spend(self.writing.len());
        if state.out.is_ready() && !pace.slowed {
            waits(Limit::Bandwidth, &self.receive.shared.remote);
        }
        pace.slowed = state.out.is_ready();
    }

    /// A batch is out: there is room again. Says whether there is more to write.
    fn written(&mut self, shared: &Shared, now: Instant) -> bool {
        let mut state = shared.state();
        let bytes = state.out.written();
        self.receive.refused = 0;
        state.written.add(bytes, now);
        shared.made_room(&mut state, &mut self.receive.wakers);
        let more = self.may_write(&state, now);
        drop(state);
        self.receive.wake();
        more
    }

    /// A peer that accepts no byte for too long does not read.
    fn stalled(&mut self, now: Instant) -> Result<(), End> {
        let accepted = self.connection.accepted();
        match self.write {
            Write::Pending {
                accepted: before,
                since,
            } if before == accepted => {
                if now.saturating_duration_since(since) < self.shared().config.limits.write_stall {
                    return Ok(());
                }
                Err(End {
                    why: lost("the other end does not read"),
                    reason: CloseReason::new(CloseReason::POLICY, "slow consumer"),
                    goodbye: None,
                    limit: Some(Limit::WriteStall),
                })
            }
            _ => {
                self.receive.refused = 0;
                self.write = Write::Pending {
                    accepted,
                    since: now,
                };
                Ok(())
            }
        }
    }
}
