//! What the frames that come in set going.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Waker;
use std::time::Duration;

use super::assembly::{Assembly, PieceError};
#[cfg(feature = "host")]
use super::behind::BehindLink;
use super::closing::Leaving;
use super::handing::Told;
use super::runs::{Runs, finish};
use super::shared::Shared;
use super::spare::Spare;
use crate::envelope::{CorrelationId, Envelope, Head, Kind, List, ListError};
use crate::escaped::Escaped;
use crate::framing::{Fault, FrameError};
use crate::job::Pool;
use crate::limits::Limit;
use crate::peer::Peer;
use crate::runtime::{Instant, later, spawn};
use crate::status::{Code, Status};
use crate::transport::CloseReason;

/// The receiving half of a session.
#[derive(Debug)]
pub(super) struct Receive {
    pub(super) shared: Arc<Shared>,
    pub(super) runs: Runs,
    pub(super) pool: Pool,
    pub(super) assembly: Assembly,
    /// Who asks through the other end.
    #[cfg(feature = "host")]
    pub(super) behind: BehindLink,
    /// Callers to wake, once no lock is held.
    pub(super) wakers: Vec<Waker>,
    /// Those whose requests were handed on.
    pub(super) told: Told,
    /// Whether requests are refused, because neither end takes what the other sends.
    pub(super) busy: bool,
    /// How many were, since the other end last took something.
    pub(super) refused: usize,
    pub(super) late: Vec<(CorrelationId, bool)>,
    /// Bytes of frames that came and are not yet counted.
    pub(super) read: usize,
    /// When a message last came; `None` when what it needed has been given back.
    used: Option<Instant>,
}

/// Why a connection is closed by this end.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) why: Status,
    pub(super) reason: CloseReason,
    /// What the other end is told before.
    pub(super) goodbye: Option<Status>,
    /// The limit that was passed, if it was one.
    pub(super) limit: Option<Limit>,
}

impl End {
    pub(super) fn protocol(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            why: Status::new(
                Code::ConnectionLost,
                format!("the other end broke the protocol: {text}"),
            ),
            goodbye: Some(Status::bad_request(text.clone())),
            reason: CloseReason::new(CloseReason::PROTOCOL, text),
            limit: None,
        }
    }

    pub(super) fn wrong_kind(text: bool) -> Self {
        let text = match text {
            true => "a text frame on a connection that speaks bytes",
            false => "a binary frame on a connection that speaks text",
        };
        Self {
            reason: CloseReason::new(CloseReason::WRONG_KIND, text),
            ..Self::protocol(text)
        }
    }

    pub(super) fn too_large(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            why: Status::new(Code::ConnectionLost, format!("the other end sent {text}")),
            goodbye: Some(Status::new(Code::TooLarge, text.clone())),
            reason: CloseReason::new(CloseReason::TOO_LARGE, text),
            limit: Some(Limit::Message),
        }
    }
}

impl Receive {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            runs: Runs::new(shared.signal.clone()),
            pool: Pool::default(),
            assembly: Assembly::of(&shared.config.limits),
            #[cfg(feature = "host")]
            behind: BehindLink::default(),
            wakers: Vec::new(),
            told: Told::default(),
            busy: false,
            refused: 0,
            late: Vec::new(),
            read: 0,
            used: None,
            shared,
        }
    }

    /// Works off one envelope.
    #[inline]
    pub(super) fn envelope(
        &mut self,
        envelope: &Envelope<'_>,
        peer: &Peer,
        now: Instant,
    ) -> Result<(), End> {
        let Envelope { head, payload } = envelope;
        if Assembly::is_piece(head) {
            return self.piece(envelope, peer, now);
        }
        if head.format.is_some() && !(head.list && payload.len() <= List::MOST) {
            self.check_size(payload.len())?;
        }
        self.whole(head, Cow::Borrowed(payload), peer, now)
    }

    /// Works off a piece of a message, and the message with the last one.
    #[inline(never)]
    fn piece(&mut self, envelope: &Envelope<'_>, peer: &Peer, now: Instant) -> Result<(), End> {
        let limits = &self.shared.config.limits;
        let head = &envelope.head;
        // What answers a request of this end has as long as that has.
        let timeout = match head.from_requester {
            true => head.timeout.unwrap_or(limits.timeout),
            false => limits.timeout_max,
        };
        let deadline = later(now, timeout.min(limits.timeout_max));
        let shared = &self.shared;
        let is_open = |id| shared.state().in_flight.is_open(id);
        match self.assembly.add(envelope, deadline, is_open) {
            Ok(None) => Ok(()),
            Ok(Some(mut part)) => {
                // Moved from here on: to copy it would keep everything else waiting.
                let payload = Cow::Owned(part.take_payload());
                self.whole(&part.head(now), payload, peer, now)
            }
            Err(error) => self.bad_piece(&envelope.head, error),
        }
    }

    /// Works off a frame that cannot be read.
    pub(super) fn fault(&mut self, error: &FrameError) -> Result<(), End> {
        let shared = self.shared.clone();
        match error.fault() {
            Fault::Close => return Err(End::protocol(error.to_string())),
            Fault::Skip => {
                shared.note_ignored();
                let peer = Escaped(&shared.remote);
                tracing::debug!(%peer, error = %Escaped(error), "frame ignored");
            }
            Fault::Refuse(id) if id.generation() == 0 => shared.note_ignored(),
            Fault::Refuse(id) => shared.refuse(&mut shared.state(), id, &error.to_status()),
            Fault::Fail(id) => self.fail(id, error.to_status()),
        }
        Ok(())
    }

    /// Polls the handlers that were woken, as long as there is room for their answers.
    pub(super) fn poll_runs(&mut self) {
        self.poll_resumed();
        let shared = &self.shared;
        self.runs.poll_woken(&mut self.pool, || !shared.is_full());
    }

    pub(super) fn note_handlers(&self) {
        self.shared.handlers.store(self.runs.len(), Relaxed);
    }

    /// Wakes the callers whose replies have come.
    #[inline]
    pub(super) fn wake(&mut self) {
        if !self.wakers.is_empty() {
            self.wakers.drain(..).for_each(Waker::wake);
        }
        self.told.tell();
    }

    /// Whether nothing but pings has come for so long.
    pub(super) fn is_idle(&self, now: Instant, time: Duration) -> bool {
        self.used.is_some_and(|used| now >= later(used, time))
    }

    /// Whether requests are read to be refused. A peer has no more in flight than it may, unless it sends
    /// them without end.
    pub(super) fn may_refuse(&self) -> bool {
        self.busy && self.refused < self.shared.in_flight
    }

    /// Whether a message came since memory was last given back.
    pub(super) fn is_used(&self) -> bool {
        self.used.is_some()
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
        state.handing.shrink();
        drop(state);
        self.told = Told::default();
    }

    /// Drops every handler, and wakes the callers whose replies came last. An end that has left in order could
    /// not wait for the handlers of its notifications: they go on, up to the drain limit.
    pub(super) fn clear(&mut self) {
        self.wake();
        if self.shared.state().leaving.is_some() {
            let drain = self.shared.config.limits.drain;
            for (run, counted) in self.runs.take_notifications() {
                spawn(finish(run, counted, drain));
            }
        }
        self.runs.clear();
        self.pool.clear();
        self.note_handlers();
    }

    #[inline(always)]
    fn whole(
        &mut self,
        head: &Head<'_>,
        payload: Cow<'_, [u8]>,
        peer: &Peer,
        now: Instant,
    ) -> Result<(), End> {
        // Nearly all there is; what is seldom would cost each of them its registers.
        match (head.kind, head.from_requester) {
            (Kind::Request, true) => {
                self.used = Some(now);
                self.request(head, payload, peer, now);
            }
            (Kind::Response, false) => {
                self.used = Some(now);
                self.reply(head, payload);
            }
            (Kind::Item, false) => {
                self.used = Some(now);
                match (head.list, payload) {
                    (false, payload) => self.item(head, payload),
                    (true, Cow::Borrowed(list)) => return self.items(head, List::read(list)),
                    (true, Cow::Owned(_)) => return self.items(head, Err(ListError::Pieces)),
                }
            }
            _ => return self.other(head, payload, peer, now),
        }
        Ok(())
    }

    #[inline(never)]
    fn other(
        &mut self,
        head: &Head<'_>,
        payload: Cow<'_, [u8]>,
        peer: &Peer,
        now: Instant,
    ) -> Result<(), End> {
        if !matches!(head.kind, Kind::Ping | Kind::Pong) {
            self.used = Some(now);
        }
        match (head.kind, head.from_requester) {
            (Kind::Notification, true) => self.notification(head, payload, peer),
            (Kind::Cancel, true) => self.cancel(head.correlation),
            (Kind::Credit, true) => self.credit(head.correlation, &payload),
            (Kind::Error | Kind::End, false) => self.reply(head, payload),
            (Kind::Progress, false) => {
                let mut state = self.shared.state();
                match state.in_flight.progress(head.correlation, now) {
                    // It is only to be asked for where it begins a stream.
                    Ok(waker) if !state.in_flight.is_waiting(head.correlation) => {
                        self.wakers.extend(waker);
                        self.told
                            .resume(state.handing.take_handover(head.correlation));
                    }
                    Ok(_) => {}
                    Err(_) => self.shared.note_ignored(),
                }
            }
            (Kind::Ping, _) if payload.len() <= 125 => {
                let pong = Head::new(Kind::Pong, head.correlation);
                let mut state = self.shared.state();
                self.shared
                    .control(&mut state, &pong, |out| out.extend_from_slice(&payload));
            }
            (Kind::Goodbye, _) => {
                let why = match payload.is_empty() {
                    true => Status::new(Code::ConnectionLost, "it said goodbye"),
                    false => self.shared.framing.read_status(&payload),
                };
                let mut state = self.shared.state();
                let deadline = later(now, self.shared.config.limits.drain);
                state.leaving.get_or_insert(Leaving { why, deadline });
                // They learn that they are not sent any more.
                state.waiting.wake(usize::MAX, &mut self.wakers);
            }
            (Kind::Hello, _) => return Err(End::protocol("a second hello")),
            (Kind::Pong, _) => {}
            _ => self.ignore(head),
        }
        Ok(())
    }

    /// A frame that means nothing here.
    pub(super) fn ignore(&self, head: &Head<'_>) {
        let (kind, id) = (head.kind, head.correlation);
        let peer = Escaped(&self.shared.remote);
        tracing::debug!(%peer, %kind, %id, "frame ignored");
        self.shared.note_ignored();
    }

    fn bad_piece(&mut self, head: &Head<'_>, error: PieceError) -> Result<(), End> {
        match error {
            PieceError::TooLarge { .. } => return Err(End::too_large(error.to_string())),
            PieceError::TooMany(_) => {
                return Err(End {
                    limit: Some(Limit::Pieces),
                    ..End::protocol(error.to_string())
                });
            }
            _ => {}
        }
        let status = Status::bad_request(error.to_string());
        match (head.kind, head.from_requester) {
            // What is left of a message that was refused, or cancelled, on its way.
            _ if error == PieceError::NoFirst => self.shared.note_ignored(),
            (Kind::Request, true) if head.correlation.generation() == 0 => self.ignore(head),
            (Kind::Request, true) => {
                let shared = &self.shared;
                shared.refuse(&mut shared.state(), head.correlation, &status);
            }
            (_, false) => self.fail(head.correlation, status),
            _ => {
                let peer = Escaped(&self.shared.remote);
                tracing::warn!(%peer, %error, "notification dropped");
            }
        }
        Ok(())
    }
}
