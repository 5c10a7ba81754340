//! A session as where the answers to the other end's requests go.

use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};

use tokio_util::sync::CancellationToken;

use super::requests::Request;
use super::shared::{Shared, State};
use crate::envelope::{CorrelationId, Entries, Head, Kind, Metadata, item_cost};
use crate::job::{Allowance, Answering, GatheredItems, Relay, unsent};
use crate::limits::{Limit, reached};
use crate::message::{Encoded, Outgoing};
use crate::panics::catch;
use crate::status::{Code, Status};

impl Shared {
    /// Sends an outcome that has a payload of the user's.
    fn outcome(&self, kind: Kind, id: CorrelationId, body: &dyn Outgoing) {
        let mut state = self.state();
        let Some(request) = state.requests.get(id) else {
            return;
        };
        let format = request.format.unwrap_or(self.format);
        let metadata = timing(request);
        // Handlers of the session's task wait while the buffer is full; this is for those elsewhere.
        if self.is_full() && state.out.len() >= 2 * self.outbound {
            drop(state);
            reached(Limit::Outbound, &self.remote);
            let full = "the answer was not sent: its caller does not read";
            return self.fail(id, Status::new(Code::Busy, full));
        }
        let head = Head {
            format: Some(format),
            metadata: entries(&metadata),
            ..Head::new(kind, id)
        };
        let mut relay = None;
        // `Serialize` is the user's code: it may panic.
        let sent = catch(|| {
            self.send(state, &head, format, body, |state, _| {
                relay = state.handing.take_relay(id);
                self.finish(state, id)
            })
        });
        match sent {
            Ok(Ok(())) => answered(relay),
            Ok(Err(error)) => self.fail(id, unsent(&error)),
            Err(_) => {
                let what = "the answer panicked while it was encoded";
                tracing::error!("{what}");
                self.fail(id, Status::new(Code::Internal, what));
            }
        }
    }

    /// Passes an outcome on that came encoded. The session's task is not woken for each.
    pub(super) fn pass_outcome(&self, kind: Kind, id: CorrelationId, body: &Encoded<'_>) {
        let mut state = self.state();
        let Some(request) = state.requests.get(id) else {
            return;
        };
        let metadata = timing(request);
        let head = Head {
            format: Some(request.format.unwrap_or(self.format)),
            metadata: entries(&metadata),
            ..Head::new(kind, id)
        };
        if !self.pass(&mut state, &head, body) {
            drop(state);
            return self.outcome(kind, id, body);
        }
        let relay = state.handing.take_relay(id);
        self.finish(&mut state, id);
        drop(state);
        answered(relay);
    }

    /// Sends an outcome that has no payload of the user's.
    pub(super) fn refuse(&self, state: &mut State, id: CorrelationId, status: &Status) {
        let metadata = state.requests.get(id).and_then(|request| timing(request));
        let head = Head {
            status: true,
            metadata: entries(&metadata),
            ..Head::new(Kind::Error, id)
        };
        let framing = &*self.framing;
        self.control(state, &head, |out| framing.write_status(status, out));
    }

    /// Reports progress, which also says that a stream has begun: nothing of it comes before.
    pub(super) fn open(&self, state: &mut State, id: CorrelationId) {
        state.requests.progress(id, Self::now());
        self.control(state, &Head::new(Kind::Progress, id), |_| {});
    }

    /// The request is answered: its slot is free. Says whether its answer was waited for.
    #[inline]
    fn finish(&self, state: &mut State, id: CorrelationId) -> bool {
        let waited_for = state.requests.finish(id);
        if waited_for {
            self.config.running.fetch_sub(1, Relaxed);
        }
        waited_for
    }

    /// Nobody waits for the answer any more.
    pub(super) fn cancelled(
        &self,
        state: &mut State,
        id: CorrelationId,
    ) -> Option<CancellationToken> {
        // What is left of an answer on its way is of no use either.
        state.out.pieces().cancel(&Head::new(Kind::Response, id));
        state.requests.get(id)?;
        self.config.running.fetch_sub(1, Relaxed);
        state.requests.cancel(id)
    }
}

/// A request has ended that rested: nothing is left to be given up.
#[inline]
fn answered(relay: Option<Relay>) {
    if let Some(relay) = relay {
        relay.answered();
    }
}

/// When a request was handled, for a caller that wants to know.
#[inline]
fn timing(request: &Request) -> Option<Metadata> {
    let stopwatch = request.stopwatch.as_ref()?;
    Some(stopwatch.read().metadata())
}

#[inline]
fn entries(metadata: &Option<Metadata>) -> Entries<'_> {
    metadata.as_ref().map_or(Entries::NONE, Metadata::entries)
}

impl Answering for Shared {
    fn respond(&self, id: CorrelationId, response: &mut dyn Outgoing) {
        self.outcome(Kind::Response, id, response);
    }

    fn throw(&self, id: CorrelationId, error: &mut dyn Outgoing) {
        self.outcome(Kind::Error, id, error);
    }

    fn fail(&self, id: CorrelationId, status: Status) {
        let mut state = self.state();
        if state.requests.get(id).is_none() {
            return;
        }
        self.refuse(&mut state, id, &status);
        let relay = state.handing.take_relay(id);
        self.finish(&mut state, id);
        drop(state);
        answered(relay);
        self.signal.raise();
    }

    fn end(&self, id: CorrelationId) {
        let mut state = self.state();
        let Some(request) = state.requests.get(id) else {
            return;
        };
        if !request.opened {
            self.open(&mut state, id);
        }
        self.control(&mut state, &Head::new(Kind::End, id), |_| {});
        let relay = state.handing.take_relay(id);
        self.finish(&mut state, id);
        drop(state);
        answered(relay);
        self.signal.raise();
    }

    fn poll_item(
        &self,
        id: CorrelationId,
        item: &mut dyn Outgoing,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        let mut state = self.state();
        // Nothing but this holds a stream without credit: it leaves half of the room to answers.
        let room = match self.framing.credit() {
            true => self.has_room_for_answers(&state),
            false => self.has_room(&state),
        };
        let Some(request) = state.requests.get(id) else {
            return Poll::Ready(Err(Status::new(Code::Cancelled, "nobody reads the items")));
        };
        let format = request.format.unwrap_or(self.format);
        let opened = request.opened;
        if request.credit <= 0 || !room {
            state.requests.wait(id, room, cx.waker());
            return Poll::Pending;
        }
        if !opened {
            self.open(&mut state, id);
        }
        if self.lists {
            let sent = self.send_item(state, id, format, item);
            return Poll::Ready(sent.map_err(|error| unsent(&error)));
        }
        let head = Head {
            format: Some(format),
            ..Head::new(Kind::Item, id)
        };
        let sent = self.send(state, &head, format, item, |state, length| {
            let waited_for = state.requests.get(id).is_some();
            state.requests.item_sent(id, item_cost(length));
            waited_for
        });
        Poll::Ready(sent.map_err(|error| unsent(&error)))
    }

    fn takes_together(&self) -> bool {
        self.lists
    }

    fn allow_items(&self, id: CorrelationId) -> Option<Allowance> {
        self.allow(id)
    }

    fn send_items(&self, id: CorrelationId, items: GatheredItems<'_>) {
        self.send_gathered(id, &items);
    }

    fn progress(&self, id: CorrelationId) {
        let mut state = self.state();
        // One report is as good as two: when there is no room the next one will do.
        let room = self.has_room_for_answers(&state);
        if state.requests.get(id).is_none() || !room {
            return;
        }
        self.open(&mut state, id);
        drop(state);
        self.signal.raise();
    }

    fn is_waited_for(&self, id: CorrelationId) -> bool {
        self.state().requests.get(id).is_some()
    }

    fn cancellation(&self, id: CorrelationId) -> CancellationToken {
        self.state().requests.token(id)
    }
}
