//! What the frames that come in set going.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use crate::runtime::Instant;

use super::assembly::{Assembly, PieceError};
use super::requests::Refusal;
use super::runs::Runs;
use super::shared::{Shared, State};
use super::spare::Spare;
use crate::envelope::{CorrelationId, Envelope, Head, Kind};
use crate::framing::{Fault, FrameError};
use crate::in_flight::Reply;
use crate::job::{Answer, Job, Pool, Run};
use crate::message::{Body, Payload};
use crate::peer::Peer;
use crate::status::{Code, Status};
use crate::transport::CloseReason;

/// The receiving half of a session.
#[derive(Debug)]
pub(super) struct Receive {
    pub(super) shared: Arc<Shared>,
    pub(super) runs: Runs,
    pool: Pool,
    assembly: Assembly,
    /// Callers to wake, once no lock is held.
    wakers: Vec<Waker>,
    late: Vec<CorrelationId>,
    /// When a message last came; `None` when what it needed has been given back.
    used: Option<Instant>,
}

/// Why a connection is closed by this end.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) why: Status,
    pub(super) reason: CloseReason,
}

impl End {
    pub(super) fn protocol(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            why: Status::new(
                Code::ConnectionLost,
                format!("the other end broke the protocol: {text}"),
            ),
            reason: CloseReason::new(CloseReason::PROTOCOL, text),
        }
    }
}

impl Receive {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            runs: Runs::new(shared.signal.clone()),
            pool: Pool::default(),
            assembly: Assembly::new(super::PIECES_AT_ONCE, shared.config.limits.message),
            wakers: Vec::new(),
            late: Vec::new(),
            used: None,
            shared,
        }
    }

    /// Works off one envelope.
    pub(super) fn envelope(
        &mut self,
        envelope: &Envelope<'_>,
        peer: &Peer,
        now: Instant,
    ) -> Result<(), End> {
        if !Assembly::is_piece(&envelope.head) {
            return self.whole(envelope, peer, now);
        }
        let limits = &self.shared.config.limits;
        let timeout = envelope.head.timeout.unwrap_or(limits.timeout);
        match self
            .assembly
            .add(envelope, now + timeout.min(limits.timeout_max))
        {
            Ok(None) => Ok(()),
            Ok(Some(part)) => self.whole(&part.envelope(), peer, now),
            Err(error) => self.bad_piece(&envelope.head, error),
        }
    }

    /// Works off a frame that cannot be read.
    pub(super) fn fault(&mut self, error: &FrameError) -> Result<(), End> {
        let shared = self.shared.clone();
        match error.fault() {
            Fault::Close => return Err(End::protocol(error.to_string())),
            Fault::Skip => tracing::debug!(peer = %shared.remote, %error, "frame ignored"),
            Fault::Refuse(id) => shared.refuse(&mut shared.state(), id, &error.to_status()),
            Fault::Fail(id) => self.fail(id, error.to_status()),
        }
        Ok(())
    }

    /// Polls the handlers that were woken. Says whether there are more.
    pub(super) fn poll_runs(&mut self) -> bool {
        self.runs.poll_woken(&mut self.pool)
    }

    /// Ends what is too late.
    pub(super) fn expire(&mut self, now: Instant) {
        let shared = self.shared.clone();
        let mut state = shared.state();
        let wakers = &mut self.wakers;
        let mut given_up = Vec::new();
        state.in_flight.expire(now, |id, waker| {
            given_up.push(id);
            wakers.extend(waker);
        });
        for id in given_up {
            shared.control_cancel(&mut state, id);
        }
        state.waiting.expired(now, wakers);
        state.requests.expired(now, &mut self.late);
        let mut tokens = Vec::new();
        for id in &self.late {
            let late = Status::new(
                Code::Timeout,
                "the deadline passed before the answer was there",
            );
            shared.refuse(&mut state, *id, &late);
            tokens.extend(shared.cancelled(&mut state, *id));
        }
        self.assembly.expire(now, |head| {
            if head.kind == Kind::Request {
                let late = Status::new(Code::Timeout, "the request did not come whole in time");
                shared.refuse(&mut state, head.correlation, &late);
            }
        });
        drop(state);
        for token in tokens {
            token.cancel();
        }
        for id in self.late.drain(..) {
            self.runs.cancel(id);
        }
    }

    /// A moment before which nothing expires.
    pub(super) fn earliest(&self, state: &State) -> Option<Instant> {
        [
            state.in_flight.earliest(),
            state.requests.earliest(),
            state.waiting.earliest(),
            self.assembly.earliest(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Wakes the callers whose replies have come.
    pub(super) fn wake(&mut self) {
        self.wakers.drain(..).for_each(Waker::wake);
    }

    pub(super) fn wakers(&mut self) -> &mut Vec<Waker> {
        &mut self.wakers
    }

    /// Whether nothing but pings has come for so long.
    pub(super) fn is_idle(&self, now: Instant, time: Duration) -> bool {
        self.used
            .is_some_and(|used| now.saturating_duration_since(used) >= time)
    }

    /// Gives back what an idle connection does not need.
    pub(super) fn shrink(&mut self) {
        self.used = None;
        self.pool.clear();
        let mut state = self.shared.state();
        state.out.shrink();
        state.spare = Spare::default();
        state.in_flight.shrink();
        state.requests.shrink();
    }

    /// Drops every handler.
    pub(super) fn clear(&mut self) {
        self.runs.clear();
        self.pool.clear();
    }

    fn whole(&mut self, envelope: &Envelope<'_>, peer: &Peer, now: Instant) -> Result<(), End> {
        let Envelope { head, payload } = envelope;
        if !matches!(head.kind, Kind::Ping | Kind::Pong) {
            self.used = Some(now);
        }
        match (head.kind, head.from_requester) {
            (Kind::Request, true) => self.request(envelope, peer, now),
            (Kind::Notification, true) => self.notification(envelope, peer),
            (Kind::Cancel, true) => self.cancel(head.correlation),
            (Kind::Credit, true) => self.credit(head.correlation, payload),
            (Kind::Response | Kind::Error | Kind::Item | Kind::End, false) => {
                self.reply(head, payload);
            }
            (Kind::Progress, false) => {
                let mut state = self.shared.state();
                if let Ok(waker) = state.in_flight.progress(head.correlation, now) {
                    self.wakers.extend(waker);
                }
            }
            (Kind::Ping, _) if payload.len() <= 125 => {
                let pong = Head::new(Kind::Pong, head.correlation);
                let mut state = self.shared.state();
                self.shared
                    .control(&mut state, &pong, |out| out.extend_from_slice(payload));
            }
            (Kind::Goodbye, _) => {
                let why = self.shared.config.framing.read_status(payload);
                self.shared.state().leaving.get_or_insert(why);
            }
            (Kind::Pong | Kind::Hello, _) => {}
            _ => {
                let kind = head.kind;
                tracing::debug!(peer = %self.shared.remote, %kind, "frame ignored");
            }
        }
        Ok(())
    }

    fn request(&mut self, envelope: &Envelope<'_>, peer: &Peer, now: Instant) {
        let Envelope { head, payload } = envelope;
        let id = head.correlation;
        let deadline = match self.accept(head, now) {
            Ok(deadline) => deadline,
            Err(status) => {
                let shared = &self.shared;
                return shared.refuse(&mut shared.state(), id, &status);
            }
        };
        let run = self.submit(head, payload, peer, Some(deadline));
        if !run.is_done() {
            self.runs.start(id, run, &mut self.pool);
        }
    }

    /// Takes a request, or says why not.
    fn accept(&self, head: &Head<'_>, now: Instant) -> Result<Instant, Status> {
        let shared = &*self.shared;
        let limits = &shared.config.limits;
        if head.format.is_none() {
            return Err(Status::bad_request("the request does not name its format"));
        }
        if !head.metadata.is_empty() {
            head.metadata.check(limits)?;
        }
        let timeout = head
            .timeout
            .unwrap_or(limits.timeout)
            .min(limits.timeout_max);
        let mut state = shared.state();
        if state.closing.is_some() {
            return Err(Status::unavailable("this end is shutting down"));
        }
        if self.runs.len() >= 2 * limits.in_flight || !shared.count_running() {
            return Err(Status::new(
                Code::Busy,
                "too many requests are running here",
            ));
        }
        let times = (timeout, limits.timeout_max);
        let accepted =
            state
                .requests
                .accept(head.correlation, head.format, shared.window, now, times);
        accepted.map_err(|refusal| {
            shared.uncount_running();
            Status::bad_request(match refusal {
                Refusal::OutOfRange => "the request's slot is out of range",
                Refusal::Duplicate => "the request's slot is taken by one that still runs",
            })
        })
    }

    fn notification(&mut self, envelope: &Envelope<'_>, peer: &Peer) {
        let Envelope { head, payload } = envelope;
        let remote = &self.shared.remote;
        if self.runs.len() >= 2 * self.shared.config.limits.in_flight {
            tracing::warn!(peer = %remote, "notification dropped: too many handlers are running");
            return;
        }
        let run = self.submit(head, payload, peer, None);
        if !run.is_done() {
            self.runs.start(CorrelationId::NONE, run, &mut self.pool);
        }
    }

    fn submit(
        &mut self,
        head: &Head<'_>,
        payload: &[u8],
        peer: &Peer,
        deadline: Option<Instant>,
    ) -> Run {
        let shared = &self.shared;
        let answer = match deadline {
            Some(_) => Answer::new(shared.clone(), head.correlation),
            None => Answer::nobody(),
        };
        let payload = Payload::Encoded {
            format: head.format.unwrap_or(shared.config.format),
            bytes: payload,
        };
        let mut job = Job::new(head.message, payload, peer, &shared.config.codecs);
        job.address = head.address;
        job.metadata = head.metadata;
        job.deadline = deadline;
        job.pool = Some(&mut self.pool);
        let queue = &*shared.config.queue;
        catch_unwind(AssertUnwindSafe(|| queue.submit(job, answer))).unwrap_or_else(|_| Run::done())
    }

    fn cancel(&mut self, id: CorrelationId) {
        self.assembly.cancel(id, true);
        let shared = &self.shared;
        let token = shared.cancelled(&mut shared.state(), id);
        if let Some(token) = token {
            token.cancel();
        }
        self.runs.cancel(id);
    }

    fn credit(&mut self, id: CorrelationId, payload: &[u8]) {
        let Some(bytes) = self.shared.config.framing.read_credit(payload) else {
            return;
        };
        if let Some(request) = self.shared.state().requests.get(id) {
            request.credit = request.credit.saturating_add(i64::from(bytes));
            self.wakers.extend(request.waker.take());
        }
    }

    fn reply(&mut self, head: &Head<'_>, payload: &[u8]) {
        let shared = &*self.shared;
        let mut state = shared.state();
        let reply = if head.status {
            Reply::Status(shared.config.framing.read_status(payload))
        } else if head.kind == Kind::End {
            Reply::End
        } else {
            let mut bytes = state.spare.take();
            bytes.extend_from_slice(payload);
            let format = head.format.unwrap_or(shared.config.format);
            let body = Body::Encoded { format, bytes };
            match head.kind {
                Kind::Response => Reply::Response(body),
                Kind::Error => Reply::Error(body),
                _ => Reply::Item(body),
            }
        };
        match state.in_flight.complete(head.correlation, reply) {
            Ok(waker) => self.wakers.extend(waker),
            Err(stale) => tracing::trace!(peer = %shared.remote, id = %head.correlation, "{stale}"),
        }
    }

    /// Ends a request of ours whose answer cannot be read.
    fn fail(&mut self, id: CorrelationId, status: Status) {
        let mut state = self.shared.state();
        if let Ok(waker) = state.in_flight.complete(id, Reply::Status(status)) {
            self.wakers.extend(waker);
            self.shared.control_cancel(&mut state, id);
        }
    }

    fn bad_piece(&mut self, head: &Head<'_>, error: PieceError) -> Result<(), End> {
        if let PieceError::TooLarge { .. } = error {
            return Err(End {
                why: Status::new(Code::ConnectionLost, format!("the other end sent {error}")),
                reason: CloseReason::new(CloseReason::TOO_LARGE, error.to_string()),
            });
        }
        let status = Status::bad_request(error.to_string());
        match (head.kind, head.from_requester) {
            // What is left of a message that was refused, or cancelled, on its way.
            _ if error == PieceError::NoFirst => {}
            (Kind::Request, true) => {
                let shared = &self.shared;
                shared.refuse(&mut shared.state(), head.correlation, &status);
            }
            (_, false) => self.fail(head.correlation, status),
            _ => tracing::warn!(peer = %self.shared.remote, %error, "notification dropped"),
        }
        Ok(())
    }
}
