//! Requests that are handed on to another session: the reply that ends one there ends it here.
//!
//! A request of the other end that was handed on rests beside its slot, and is not polled. The session that it
//! went to gives its last reply to this one, from its own task, straight from where it was read. Whatever else
//! comes, items or the loss of the connection, resumes the request: it is polled as any handler from then on.

use std::collections::VecDeque;
use std::ptr::addr_eq;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::by_slot::BySlot;
use super::receive::Receive;
use super::shared::Shared;
use crate::envelope::{CorrelationId, Head, Kind};
use crate::job::{Answer, Answering, Relay, Run};
use crate::message::Encoded;
use crate::peer::{Handover, LastReply, Recipient};

/// What is handed on between one session and others.
#[derive(Default)]
pub(super) struct Handing {
    /// Most connections hand nothing on.
    tables: Option<Box<Tables>>,
}

#[derive(Default)]
struct Tables {
    /// The requests of the other end that were handed on, and rest.
    relays: BySlot<Relay>,
    /// Those for which something has come.
    resumed: VecDeque<CorrelationId>,
    /// Who is given the replies to requests of ours that were handed on.
    handovers: BySlot<Handover>,
}

impl Handing {
    /// The request of the other end, if it rests; it does no longer.
    #[inline]
    pub(super) fn take_relay(&mut self, id: CorrelationId) -> Option<Relay> {
        self.tables.as_mut()?.relays.take(id)
    }

    /// Who is to be given the reply to a request of ours: nobody from now on.
    #[inline]
    pub(super) fn take_handover(&mut self, id: CorrelationId) -> Option<Handover> {
        self.tables.as_mut()?.handovers.take(id)
    }

    /// Somebody is to be given the reply to a request of ours.
    #[inline]
    pub(super) fn keep_handover(&mut self, id: CorrelationId, to: Handover) {
        let tables = self.tables.get_or_insert_default();
        tables.handovers.insert(id, to);
    }

    /// Whether something has come for a request that rests.
    pub(super) fn has_resumed(&self) -> bool {
        let tables = self.tables.as_ref();
        tables.is_some_and(|tables| !tables.resumed.is_empty())
    }

    /// Ends it with its session, whose lock is not held.
    pub(super) fn end(self) {
        if let Some(mut tables) = self.tables {
            drop(tables.relays);
            tables.handovers.take_all().for_each(|to| to.resume());
        }
    }

    /// Gives memory back, when nothing is handed on now.
    pub(super) fn shrink(&mut self) {
        self.tables.take_if(|tables| {
            tables.relays.is_empty() && tables.resumed.is_empty() && tables.handovers.is_empty()
        });
    }
}

/// Those whose requests were handed on, to be told once no lock is held.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Most connections have none.
    those: Option<Box<Those>>,
}

#[derive(Debug, Default)]
struct Those {
    /// They may ask for what has come.
    resumed: Vec<Handover>,
    /// Whom replies were given to last.
    given: Option<Handover>,
}

impl Told {
    /// Something has come that is to be asked for.
    #[inline]
    pub(super) fn resume(&mut self, to: Option<Handover>) {
        if let Some(to) = to {
            self.those.get_or_insert_default().resumed.push(to);
        }
    }

    /// A reply was given. Mostly all of a batch are for the same.
    #[inline]
    fn note_given(&mut self, to: Handover) {
        let those = self.those.get_or_insert_default();
        if let Some(last) = those.given.take_if(|last| !addr_eq(&*last.to, &*to.to)) {
            last.to.taken();
        }
        those.given = Some(to);
    }

    /// Tells whom replies were given to that those were all, and others that they may ask.
    #[inline]
    pub(super) fn tell(&mut self) {
        let Some(those) = &mut self.those else {
            return;
        };
        if let Some(last) = those.given.take() {
            last.to.taken();
        }
        those.resumed.drain(..).for_each(|to| to.resume());
    }
}

impl Receive {
    /// Lets a request rest that was handed on, or polls it where it cannot.
    #[inline(never)]
    pub(super) fn rest(&mut self, id: CorrelationId, relay: Relay) {
        if let Some(relay) = self.shared.rest(id, relay) {
            self.runs.start(id, Run::relay(relay), None, &mut self.pool);
        }
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
        self.told.note_given(to);
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
            let tables = state.handing.tables.as_mut();
            let Some(id) = tables.and_then(|tables| tables.resumed.pop_front()) else {
                shared.resumed.store(false, Relaxed);
                return;
            };
            let relay = state.handing.take_relay(id);
            drop(state);
            if let Some(mut relay) = relay {
                relay.resume(Answer::new(shared.clone(), id));
                self.runs.start(id, Run::relay(relay), None, &mut self.pool);
            }
        }
    }
}

impl Shared {
    /// Lets a request of the other end rest that was handed on. Gives it back where it must be polled.
    fn rest(self: &Arc<Self>, id: CorrelationId, relay: Relay) -> Option<Relay> {
        let mut relay = relay;
        if !relay.rest(self, id) {
            return Some(relay);
        }
        let mut state = self.state();
        if state.requests.get(id).is_some() {
            let tables = state.handing.tables.get_or_insert_default();
            tables.relays.insert(id, relay);
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
        let tables = state.handing.tables.get_or_insert_default();
        tables.resumed.push_back(id);
        self.resumed.store(true, Relaxed);
        drop(state);
        self.signal.raise();
    }
}
