//! What is too late.

use super::receive::Receive;
use super::shared::State;
use crate::envelope::Kind;
use crate::in_flight::Late;
use crate::limits::{Limit, reached};
use crate::runtime::{Instant, sooner};
use crate::status::{Code, Status};

impl Receive {
    /// Ends what is too late.
    pub(super) fn expire(&mut self, now: Instant) {
        let shared = self.shared.clone();
        let mut state = shared.state();
        let wakers = &mut self.wakers;
        let mut given_up = Vec::new();
        state.in_flight.expire(now, |id, late, waker| {
            if late == Late::Idle {
                reached(Limit::StreamIdle, &shared.remote);
            }
            given_up.push(id);
            wakers.extend(waker);
        });
        for id in given_up {
            self.told.resume(state.handing.take_handover(id));
            shared.control_cancel(&mut state, id);
        }
        state.waiting.expired(now, wakers);
        state.requests.expired(now, &mut self.late);
        let (mut tokens, mut relays) = (Vec::new(), Vec::new());
        for (id, idle) in &self.late {
            let late = match idle {
                false => "the deadline passed before the answer was there",
                true => {
                    reached(Limit::StreamIdle, &shared.remote);
                    "the stream was idle for too long"
                }
            };
            tokens.extend(shared.cancelled(&mut state, *id));
            relays.extend(state.handing.take_relay(*id));
            shared.refuse(&mut state, *id, &Status::new(Code::Timeout, late));
        }
        self.assembly.expire(now, |head| {
            if head.kind == Kind::Request {
                let late = Status::new(Code::Timeout, "the request did not come whole in time");
                shared.refuse(&mut state, head.correlation, &late);
            }
        });
        drop(state);
        drop(relays);
        for token in tokens {
            token.cancel();
        }
        for (id, _) in self.late.drain(..) {
            self.runs.cancel(id);
        }
    }

    /// A moment before which nothing expires.
    pub(super) fn earliest(&self, state: &State) -> Option<Instant> {
        let calls = sooner(state.in_flight.earliest(), state.waiting.earliest());
        let requests = sooner(state.requests.earliest(), self.assembly.earliest());
        sooner(calls, requests)
    }
}
