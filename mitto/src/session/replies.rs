//! What comes back for the requests of this end.

use std::borrow::Cow;
use std::task::Waker;

use super::receive::Receive;
use super::shared::{Shared, State};
use crate::envelope::{CorrelationId, Head, Kind, List, Timing};
use crate::escaped::Escaped;
use crate::in_flight::{Came, Reply, Stale};
use crate::limits::{Limit, reached};
use crate::message::Body;
use crate::status::Status;

impl Receive {
    /// An item of a stream; small ones are put side by side.
    pub(super) fn item(&mut self, head: &Head<'_>, payload: Cow<'_, [u8]>) {
        let payload = match payload {
            Cow::Borrowed(payload) if !head.status && payload.len() <= List::LONGEST => payload,
            payload => return self.reply(head, payload),
        };
        let shared = &*self.shared;
        let mut guard = shared.state();
        let state = &mut *guard;
        let (id, format) = (head.correlation, head.format.unwrap_or(shared.format));
        let buffer = || state.spare.take();
        let completed = state.in_flight.complete_item(id, format, payload, buffer);
        self.wakers.extend(shared.item_came(state, head, completed));
        self.told.resume(state.handing.take_handover(id));
    }

    #[inline(never)]
    pub(super) fn reply(&mut self, head: &Head<'_>, payload: Cow<'_, [u8]>) {
        let shared = &*self.shared;
        let mut state = shared.state();
        if let Some(to) = state.handing.take_handover(head.correlation) {
            let ends = head.status || head.kind != Kind::Item;
            if ends && to.to.has_room() && state.in_flight.finish(head.correlation) {
                shared.note_crowded(false);
                shared.wake_waiting(&state, &mut self.wakers);
                drop(state);
                return self.give(to, head, &payload);
            }
            self.told.resume(Some(to));
        }
        let reply = if head.status {
            Reply::Status(shared.framing.read_status(&payload))
        } else if head.kind == Kind::End {
            Reply::End
        } else {
            let bytes = match payload {
                Cow::Owned(bytes) => bytes,
                Cow::Borrowed(payload) => {
                    let mut bytes = state.spare.take();
                    bytes.extend_from_slice(payload);
                    bytes
                }
            };
            let format = head.format.unwrap_or(shared.format);
            let body = Body::Encoded { format, bytes };
            match head.kind {
                Kind::Response => Reply::Response(body),
                Kind::Error => Reply::Error(body),
                _ => Reply::Item(body),
            }
        };
        let last = reply.is_last();
        if last
            && !head.metadata.is_empty()
            && let Some(timing) = Timing::read(head.metadata)
            && let Ok(waker) = state.in_flight.time(head.correlation, timing)
        {
            self.wakers.extend(waker);
        }
        match state.in_flight.complete(head.correlation, reply) {
            Ok(Some(waker)) => self.wakers.push(waker),
            Ok(None) => {}
            Err(_) => return shared.stale(head),
        }
        if last {
            return;
        }
        match state.in_flight.credit(head.correlation) {
            Some(true) => {}
            Some(false) => shared.note_crowded(true),
            None => shared.not_allowed(&mut state, head),
        }
    }

    /// Ends a request of ours whose answer cannot be read.
    pub(super) fn fail(&mut self, id: CorrelationId, status: Status) {
        let mut state = self.shared.state();
        match state.in_flight.complete(id, Reply::Status(status)) {
            Ok(waker) => {
                self.wakers.extend(waker);
                self.told.resume(state.handing.take_handover(id));
                self.shared.control_cancel(&mut state, id);
            }
            Err(_) => self.shared.note_ignored(),
        }
    }
}

impl Shared {
    /// What follows from an item, or several, having come. Gives back who waits for it.
    #[inline]
    pub(super) fn item_came(
        &self,
        state: &mut State,
        head: &Head<'_>,
        completed: Result<Came, Stale>,
    ) -> Option<Waker> {
        let Ok((waker, credit)) = completed else {
            self.stale(head);
            return None;
        };
        match credit {
            Some(true) => {}
            Some(false) => self.note_crowded(true),
            None => self.not_allowed(state, head),
        }
        waker
    }

    /// An item that was not allowed has ended its stream.
    #[cold]
    fn not_allowed(&self, state: &mut State, head: &Head<'_>) {
        reached(Limit::StreamWindow, &self.remote);
        self.control_cancel(state, head.correlation);
    }

    #[cold]
    fn stale(&self, head: &Head<'_>) {
        self.note_ignored();
        let peer = Escaped(&self.remote);
        tracing::trace!(%peer, id = %head.correlation, "stale reply");
    }
}
