//! A session as what a peer's calls go to.

use std::num::NonZeroU64;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, Waker};

use tokio_util::sync::CancellationToken;

use super::closing::Closing;
use super::shared::{Shared, State};
use crate::auth::{Identity, Stated};
use crate::codec::{CodecError, Codecs, Format};
use crate::envelope::{CorrelationId, Head, Kind};
use crate::in_flight::{Patience, Reply};
use crate::job::Counted;
use crate::limits::{Limit, reached};
use crate::message::{Encoded, MessageKind, Outgoing, Payload};
use crate::peer::{CallHead, ConnectionState, Handover, Outbound, Started, Statistics, Wait};
use crate::runtime::{RuntimeHandle, later};
use crate::schema::SchemaDifference;
use crate::status::{Code, Status};

impl Shared {
    /// The number under which this end knows who is to be called back.
    #[inline]
    fn number(&self, head: &CallHead<'_>) -> Option<NonZeroU64> {
        match head.caller {
            #[cfg(feature = "host")]
            Some(caller) => self.introduce(caller),
            _ => None,
        }
    }

    /// The format of one of our own messages.
    fn format_of(&self, head: &CallHead<'_>) -> Result<Format, Status> {
        let format = head.format.unwrap_or(self.format);
        match self.only_format {
            Some(only) if only != format => {
                let text = format!("this connection carries {only} only, not {format}");
                Err(Status::new(Code::UnsupportedFormat, text))
            }
            _ => Ok(format),
        }
    }
}

impl Outbound for Shared {
    fn start(
        &self,
        head: &CallHead<'_>,
        message: &mut dyn Outgoing,
        wait: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Started, Status>> {
        let limits = &self.config.limits;
        head.metadata.admit(limits, &self.remote)?;
        let format = self.format_of(head)?;
        self.differences.check_sent(head.message, format)?;
        let mut state = self.state();
        std::task::ready!(self.poll_room(&mut state, head, true, wait, cx))?;
        let now = head.now.unwrap_or_else(Self::now);
        let timeout = match wait.deadline {
            Some(deadline) => deadline.saturating_duration_since(now),
            None => head.timeout.unwrap_or(limits.timeout),
        };
        let patience = Patience {
            timeout,
            max: limits.timeout_max,
            idle: limits.stream_idle,
        };
        let window = match head.kind {
            MessageKind::Stream => limits.stream_window,
            _ => 0,
        };
        let Some(id) = state.in_flight.reserve(cx.waker(), now, patience, window) else {
            return Poll::Ready(Err(Status::new(Code::Busy, "all slots are taken")));
        };
        let wire = Head {
            from_requester: true,
            idempotent: head.idempotent,
            message: head.message,
            name: head.name,
            stream: head.kind == MessageKind::Stream,
            format: Some(format),
            address: head.address,
            timeout: Some(timeout),
            metadata: head.metadata,
            hops: head.forwarded.map_or(0, |forwarded| forwarded.hops),
            identity: head
                .forwarded
                .map(|forwarded| Stated::of(&forwarded.identity)),
            caller: self.number(head),
            client: head.client,
            ..Head::new(Kind::Request, id)
        };
        if let Payload::Encoded { format, bytes } = message.payload()
            && self.pass(&mut state, &wire, &Encoded { format, bytes })
        {
            drop(state);
            self.signal.raise_after_lock();
            return Poll::Ready(Ok(Started::Waiting(id)));
        }
        let reserved = Reserved { shared: self, id };
        let keep = |state: &mut State, _| state.in_flight.is_open(id);
        match self.send(state, &wire, format, message, keep) {
            Ok(()) => {
                std::mem::forget(reserved);
                Poll::Ready(Ok(Started::Waiting(id)))
            }
            Err(error) => Poll::Ready(Err(unsent(head.name, &error))),
        }
    }

    fn notify(
        &self,
        head: &CallHead<'_>,
        message: &mut dyn Outgoing,
        wait: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        let limits = &self.config.limits;
        head.metadata.admit(limits, &self.remote)?;
        let format = self.format_of(head)?;
        self.differences.check_sent(head.message, format)?;
        let mut state = self.state();
        std::task::ready!(self.poll_room(&mut state, head, false, wait, cx))?;
        let wire = Head {
            from_requester: true,
            message: head.message,
            name: head.name,
            format: Some(format),
            address: head.address,
            metadata: head.metadata,
            hops: head.forwarded.map_or(0, |forwarded| forwarded.hops),
            identity: head
                .forwarded
                .map(|forwarded| Stated::of(&forwarded.identity)),
            caller: self.number(head),
            client: head.client,
            ..Head::new(Kind::Notification, CorrelationId::NONE)
        };
        let sent = self.send(state, &wire, format, message, |_, _| true);
        Poll::Ready(sent.map_err(|error| {
            self.pass_on_room();
            unsent(head.name, &error)
        }))
    }

    fn leave(&self, wait: &mut Wait) {
        self.state().waiting.leave(&mut wait.ticket);
        self.pass_on_room();
    }

    fn poll_reply(&self, id: CorrelationId, cx: &mut Context<'_>) -> Poll<Reply> {
        let mut state = self.state();
        let (reply, credit) = std::task::ready!(state.in_flight.poll(id, cx));
        if let Some(bytes) = credit {
            self.control_credit(&mut state, id, bytes);
        }
        let last = reply.is_last();
        if credit.is_some() || last {
            self.note_crowded(false);
        }
        let leaving = last && (state.closing.is_some() || state.leaving.is_some());
        match last && !state.waiting.is_empty() {
            true => self.pass_on_and_unlock(state),
            false => drop(state),
        }
        if credit.is_some() || leaving {
            self.signal.raise();
        }
        Poll::Ready(reply)
    }

    fn hand_over(&self, id: CorrelationId, to: Handover) -> bool {
        let mut state = self.state();
        let waits = state.in_flight.is_waiting(id);
        if waits {
            state.handing.keep_handover(id, to);
        }
        waits
    }

    fn taken(&self, id: CorrelationId, bytes: usize) -> usize {
        let mut state = self.state();
        let (credit, due) = state.in_flight.taken(id, bytes);
        if let Some(bytes) = credit {
            self.control_credit(&mut state, id, bytes);
            self.note_crowded(false);
            drop(state);
            self.signal.raise();
        }
        due
    }

    fn cancel(&self, id: CorrelationId) {
        let mut state = self.state();
        if state.in_flight.cancel(id) && state.closed.is_none() {
            self.control_cancel(&mut state, id);
        }
        let handover = state.handing.take_handover(id);
        self.note_crowded(false);
        let wakers = self.pass_on(&state);
        drop(state);
        drop(handover);
        self.signal.raise();
        wakers.into_iter().for_each(Waker::wake);
    }

    fn recycle(&self, bytes: Vec<u8>) {
        self.recycle(bytes);
    }

    fn codecs(&self) -> &Codecs {
        &self.config.codecs
    }

    fn remote(&self) -> &str {
        &self.remote
    }

    fn runtime(&self) -> Option<RuntimeHandle> {
        self.runtime.clone()
    }

    fn id(&self) -> u64 {
        self.id
    }

    fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    fn is_connected(&self) -> bool {
        Self::refusal(&self.state()).is_none()
    }

    fn closed(&self) -> CancellationToken {
        self.closed.clone()
    }

    fn state(&self) -> ConnectionState {
        match self.state().closed.clone() {
            Some(why) => ConnectionState::Closed(why),
            None => ConnectionState::Connected,
        }
    }

    fn statistics(&self) -> Statistics {
        let now = Self::now();
        let state = self.state();
        Statistics {
            in_flight: state.in_flight.len(),
            waiting: state.waiting.len(),
            running: state.requests.live(),
            handlers: self.handlers.load(Relaxed),
            outbound: state.out.len(),
            ignored: self.ignored.load(Relaxed),
            read: state.read.total(),
            read_rate: state.read.rate(now),
            written: state.written.total(),
            written_rate: state.written.rate(now),
        }
    }

    fn schema_differences(&self) -> Vec<SchemaDifference> {
        self.differences.all()
    }

    fn close(&self, drain: bool) {
        let why = Status::new(Code::ConnectionLost, "the connection was closed");
        self.begin_close(why, drain);
    }
}

impl Shared {
    /// Tells the other end that a stream may go on.
    fn control_credit(&self, state: &mut State, id: CorrelationId, bytes: u32) {
        let head = Head {
            from_requester: true,
            ..Head::new(Kind::Credit, id)
        };
        let framing = &*self.framing;
        self.control(state, &head, |out| framing.write_credit(bytes, out));
    }

    /// Tells the other end that a request of ours is given up.
    pub(super) fn control_cancel(&self, state: &mut State, id: CorrelationId) {
        let head = Head {
            from_requester: true,
            ..Head::new(Kind::Cancel, id)
        };
        state.out.pieces().cancel(&head);
        self.control(state, &head, |_| {});
    }

    /// Closes the connection: at once, or when what runs has finished.
    pub(super) fn begin_close(&self, why: Status, drain: bool) {
        let mut wakers = Vec::new();
        let mut state = self.state();
        match &mut state.closing {
            Some(closing) => closing.drain &= drain,
            none => {
                *none = Some(Closing {
                    why,
                    drain,
                    told: false,
                    deadline: later(Self::now(), self.config.limits.drain),
                });
            }
        }
        // They learn that they are not sent any more.
        state.waiting.wake(usize::MAX, &mut wakers);
        drop(state);
        self.signal.raise();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// The limit that counts on this connection.
    pub(super) fn in_flight_limit(&self) -> Limit {
        match self.link {
            true => Limit::InFlightLink,
            false => Limit::InFlight,
        }
    }

    /// Counts a request of the other end that runs in this process.
    #[inline]
    pub(super) fn count_running(&self) -> bool {
        let running = &self.config.running;
        if running.fetch_add(1, Relaxed) < self.config.limits.in_flight_process {
            return true;
        }
        self.uncount_running();
        reached(Limit::InFlightProcess, &self.remote);
        false
    }

    /// The same for a notification, until its handler has ended.
    pub(super) fn count_notification(&self) -> Option<Counted> {
        let counted = Counted::one(&self.config.running, self.config.limits.in_flight_process);
        if counted.is_none() {
            reached(Limit::InFlightProcess, &self.remote);
        }
        counted
    }

    pub(super) fn uncount_running(&self) {
        self.config.running.fetch_sub(1, Relaxed);
    }
}

/// A slot whose request is not yet on its way.
struct Reserved<'a> {
    shared: &'a Shared,
    id: CorrelationId,
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        self.shared.state().in_flight.cancel(self.id);
        self.shared.pass_on_room();
    }
}

/// Why a message was not sent.
fn unsent(name: &str, error: &CodecError) -> Status {
    let code = match error {
        CodecError::TooLarge { .. } => Code::TooLarge,
        CodecError::UnsupportedFormat(_) => Code::UnsupportedFormat,
        _ => Code::BadRequest,
    };
    Status::new(code, format!("`{name}` was not sent: {error}"))
}
