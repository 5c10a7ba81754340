//! Requests that are handed on to another session: the reply that ends one there ends it here.
//!
//! A request of the other end that was handed on rests beside its slot, and is not polled. The session that it
//! went to gives its last reply to this one, from its own task, straight from where it was read. Whatever else
//! comes, items or the loss of the connection, resumes the request: it is polled as any handler from then on.

use std::ptr::addr_eq;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::receive::Receive;
use super::shared::Shared;
use crate::envelope::{CorrelationId, Head, Kind};
use crate::job::{Answering, Relay, Run};
use crate::message::Encoded;
use crate::peer::{Handover, LastReply, Recipient};

impl Receive {
    /// Lets a request rest that was handed on, or polls it where it cannot.
    #[inline(never)]
    pub(super) fn rest(&mut self, id: CorrelationId, relay: Relay) {
        if let Some(relay) = self.shared.rest(id, relay) {
            self.runs.start(id, Run::relay(relay), None, &mut self.pool);
        }
    }

    /// Tells whom replies were given to that those were all, and others that they may ask.
    #[inline]
    pub(super) fn tell_handed(&mut self) {
        if let Some(last) = self.given.take() {
            last.to.taken();
        }
        self.handed.drain(..).for_each(|to| to.resume());
    }

    /// Gives a reply that has ended a request of ours to whom that was handed on for.
    pub(super) fn give(&mut self, to: Handover, head: &Head<'_>, bytes: &[u8]) {
        let shared = &*self.shared;
        let format = head.format.unwrap_or(shared.format);
        let reply = match head.kind {
            _ if head.status => LastReply::Status(shared.framing.read_status(bytes)),
            Kind::Response => LastReply::Response(Encoded { format, bytes }),
            Kind::Error => LastReply::Error(Encoded { format, bytes }),
            _ => LastReply::End,
        };
        to.to.take(to.id, reply);
        if let Some(last) = self.given.replace(to)
            && let Some(to) = &self.given
            && !addr_eq(&*last.to, &*to.to)
        {
            last.to.taken();
        }
    }

    /// Polls those that rested, and for which something has come.
    #[inline]
    pub(super) fn poll_resumed(&mut self) {
        if self.shared.resumed.load(Relaxed) {
            self.start_resumed();
        }
    }

    #[cold]
    fn start_resumed(&mut self) {
        let shared = self.shared.clone();
        while !shared.is_full() {
            let mut state = shared.state();
            let Some(id) = state.resumed.pop_front() else {
                shared.resumed.store(false, Relaxed);
                return;
            };
            let relay = state.relays.take(id);
            drop(state);
            if let Some(relay) = relay {
                self.runs.start(id, Run::relay(relay), None, &mut self.pool);
            }
        }
    }
}

impl Shared {
    /// Lets a request of the other end rest that was handed on. Gives it back where it must be polled.
    fn rest(self: &Arc<Self>, id: CorrelationId, relay: Relay) -> Option<Relay> {
        let to = Handover {
            to: self.clone(),
            id,
        };
        if !relay.answers(self, id) || !relay.rest(to) {
            return Some(relay);
        }
        let mut state = self.state();
        if state.requests.get(id).is_some() {
            state.relays.insert(id, relay);
        } else {
            // Its answer was faster.
            drop(state);
            relay.answered();
        }
        None
    }
}

impl Recipient for Shared {
    fn has_room(&self) -> bool {
        !self.is_full()
    }

    fn take(&self, id: CorrelationId, reply: LastReply<'_>) {
        match reply {
            LastReply::Response(body) => self.pass_outcome(Kind::Response, id, &body),
            LastReply::Error(body) => self.pass_outcome(Kind::Error, id, &body),
            LastReply::Status(status) => self.fail(id, status),
            LastReply::End => self.end(id),
        }
    }

    fn taken(&self) {
        self.signal.raise();
    }

    fn resume(&self, id: CorrelationId) {
        let mut state = self.state();
        if state.requests.get(id).is_none() {
            return;
        }
        state.resumed.push_back(id);
        self.resumed.store(true, Relaxed);
        drop(state);
        self.signal.raise();
    }
}
