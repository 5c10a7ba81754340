//! How a connection ends: gently, at a violation, or lost.

use std::task::{Context, Poll};

use super::closing::{Closing, Leaving};
use super::driver::{Driver, Write};
use super::receive::End;
use super::shared::State;
use crate::envelope::{CorrelationId, Head, Kind};
use crate::limits::Limit;
use crate::runtime::Instant;
use crate::status::{Code, Status};
use crate::transport::{CloseReason, TransportError};

impl Driver {
    /// Takes the next step of closing, if one of the ends wants to.
    pub(super) fn leave(&mut self, now: Instant) -> Result<(), End> {
        let shared = self.receive.shared.clone();
        let mut state = shared.state();
        if let Some(closing) = state.closing.clone().filter(|closing| !closing.told) {
            let head = Head::new(Kind::Goodbye, CorrelationId::NONE);
            if self.framing.hello() {
                shared.control(&mut state, &head, |out| {
                    self.framing.write_status(&closing.why, out);
                });
            }
            state.closing = Some(Closing {
                told: true,
                ..closing
            });
            return Ok(());
        }
        match self.is_over(&state, now) {
            Some(why) => Err(End {
                why: Status::new(Code::ConnectionLost, why.message().to_owned()),
                reason: CloseReason::new(CloseReason::GOING_AWAY, why.message()),
                goodbye: None,
                limit: self.is_cut_short(&state).then_some(Limit::Drain),
            }),
            None => Ok(()),
        }
    }

    /// Whether there is a step of closing to take now.
    pub(super) fn may_leave(&self, state: &State, now: Instant) -> bool {
        state.closing.as_ref().is_some_and(|closing| !closing.told)
            || self.is_over(state, now).is_some()
    }

    /// Why the connection may be closed now, if one of the ends wants to leave.
    fn is_over<'a>(&self, state: &'a State, now: Instant) -> Option<&'a Status> {
        let why = match (&state.closing, &state.leaving) {
            (None, None) => return None,
            (Some(closing), _) if !closing.told => return None,
            (Some(closing), _) if !closing.drain || closing.deadline <= now => &closing.why,
            (Some(Closing { why, .. }), _) => self.is_idle(state).then_some(why)?,
            // The other end closes when it has finished; this is for one that does not.
            (None, Some(Leaving { why, deadline })) => {
                (self.is_idle(state) && *deadline <= now).then_some(why)?
            }
        };
        let written = self.write == Write::Idle && state.out.len() == 0;
        written.then_some(why)
    }

    /// Whether something still runs that was to finish first.
    fn is_cut_short(&self, state: &State) -> bool {
        let gently = state.closing.as_ref().is_some_and(|closing| closing.drain);
        gently && !self.is_idle(state)
    }

    fn is_idle(&self, state: &State) -> bool {
        state.requests.live() == 0 && state.in_flight.is_empty() && self.receive.runs.len() == 0
    }

    /// Begins to close. A violation is named in a goodbye, behind the answers that are there.
    pub(super) fn begin_end(&mut self, end: &End, cx: &mut Context<'_>) {
        if let Some(status) = end.goodbye.as_ref().filter(|_| self.framing.hello())
            && self.write == Write::Idle
        {
            let framing = &*self.framing;
            let writing = &mut self.writing;
            let mut state = self.receive.shared.state();
            state.out.take(framing, writing, usize::MAX);
            drop(state);
            let head = Head::new(Kind::Goodbye, CorrelationId::NONE);
            let start = writing.bytes_mut().len();
            framing.begin(&head, writing.bytes_mut());
            framing.write_status(status, writing.bytes_mut());
            framing.finish(&head, start, writing.bytes_mut());
            writing.end_frame(framing.text());
            // What does not go out now goes out before the transport's own goodbye, or not at all.
            let _ = self.connection.poll_write(cx, writing);
        }
    }

    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        let Some(End { why, reason, .. }) = &self.end else {
            return Poll::Pending;
        };
        let closed = self.connection.poll_close(cx, reason);
        // What still comes must be read: else the kernel resets the connection, and the other end may
        // never see the reason.
        let ended = loop {
            match self.connection.poll_fill(cx) {
                Poll::Ready(Ok(true)) => while let Ok(Some(_)) = self.connection.next_frame() {},
                Poll::Ready(_) => break closed.is_ready(),
                Poll::Pending => break false,
            }
        };
        if ended || self.timer.as_mut().poll(cx).is_ready() {
            return Poll::Ready(why.clone());
        }
        Poll::Pending
    }

    /// The other end has finished.
    pub(super) fn ended(&self) -> End {
        let why = match self.connection.close_reason() {
            Some(reason) => format!("the other end has ended the connection: {reason}"),
            None => "the other end has ended the connection".to_owned(),
        };
        End {
            why: lost(why),
            reason: CloseReason::done(),
            goodbye: None,
            limit: None,
        }
    }
}

/// The transport has failed.
pub(super) fn broken(error: &TransportError) -> End {
    let text = error.to_string();
    let large = matches!(error, TransportError::TooLarge { .. });
    let goodbye = large.then(|| Status::new(Code::TooLarge, text.clone()));
    End {
        why: lost(format!("the connection broke: {text}")),
        reason: error.close_reason(),
        goodbye,
        limit: large.then_some(Limit::Message),
    }
}

pub(super) fn lost(text: impl Into<std::borrow::Cow<'static, str>>) -> Status {
    Status::new(Code::ConnectionLost, text)
}
