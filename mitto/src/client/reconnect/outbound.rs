//! A line as what a peer's calls go to.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::line::Line;
use crate::codec::Codecs;
use crate::envelope::CorrelationId;
use crate::in_flight::Reply;
use crate::message::{MessageKind, Outgoing};
use crate::peer::{CallHead, ConnectionState, Outbound, Resend, Started, Statistics, Wait};
use crate::runtime::{Instant, RuntimeHandle, later};
use crate::schema::SchemaDifference;
use crate::status::{Code, Status};

impl Line {
    /// Gives a message to the connection of the moment, and to the next one when that is gone.
    fn give<T>(
        &self,
        head: &CallHead<'_>,
        wait: &mut Wait,
        cx: &mut Context<'_>,
        mut send: impl FnMut(&dyn Outbound, &mut Wait, &mut Context<'_>) -> Poll<Result<T, Status>>,
    ) -> Poll<Result<T, Status>> {
        let mut gone = None;
        loop {
            let out = match &wait.via {
                // It waits for room there.
                Some(out) => out.clone(),
                None => ready!(self.poll_connection(head, gone, wait, cx))?,
            };
            wait.via = Some(out.clone());
            let status = match ready!(send(&*out, wait, cx)) {
                Ok(sent) => return Poll::Ready(Ok(sent)),
                Err(status) => status,
            };
            wait.via = None;
            let refused = matches!(status.code(), Code::ConnectionLost | Code::Unavailable);
            if !refused || out.is_connected() {
                return Poll::Ready(Err(status));
            }
            gone = Some(out.id());
        }
    }

    /// Waits for a connection other than the one that is `gone`, within the message's deadline.
    fn poll_connection(
        &self,
        head: &CallHead<'_>,
        gone: Option<u64>,
        wait: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Arc<dyn Outbound>, Status>> {
        let mut state = self.state();
        let current = state.current.as_ref();
        let outcome = if let Some(end) = &state.end {
            Err(unsent(head, wait, end))
        } else if let Some(out) = current.filter(|out| gone != Some(out.id())) {
            Ok(out.clone())
        } else if wait.deadline.is_some_and(|at| Instant::now() >= at) {
            Err(self.late(head, wait))
        } else {
            if wait.ticket.is_none() {
                head.metadata.check(&self.config.limits)?;
            }
            let deadline = self.deadline(head, wait);
            state.waiting.wait(&mut wait.ticket, cx.waker(), deadline);
            self.arm(&mut state, deadline);
            return Poll::Pending;
        };
        state.waiting.leave(&mut wait.ticket);
        Poll::Ready(outcome)
    }

    fn deadline(&self, head: &CallHead<'_>, wait: &mut Wait) -> Instant {
        let timeout = head.timeout.unwrap_or(self.config.limits.timeout);
        *wait
            .deadline
            .get_or_insert_with(|| later(Instant::now(), timeout))
    }

    #[cold]
    fn late(&self, head: &CallHead<'_>, wait: &Wait) -> Status {
        let why = self.why_not();
        let name = head.name;
        let text = match wait.resend {
            Resend::Again => format!(
                "the connection was lost after `{name}` was sent, and there was no other within its \
                 deadline: {why}"
            ),
            _ => format!("`{name}` was not sent: no connection within its deadline: {why}"),
        };
        Status::new(Code::Timeout, text)
    }
}

impl Outbound for Line {
    fn start(
        &self,
        head: &CallHead<'_>,
        message: &mut dyn Outgoing,
        wait: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Started, Status>> {
        if head.idempotent && head.kind == MessageKind::Request && wait.resend == Resend::Never {
            wait.resend = Resend::Allowed;
            self.deadline(head, wait);
        }
        self.give(head, wait, cx, |out, wait, cx| {
            out.start(head, message, wait, cx)
        })
    }

    fn notify(
        &self,
        head: &CallHead<'_>,
        message: &mut dyn Outgoing,
        wait: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        self.give(head, wait, cx, |out, wait, cx| {
            out.notify(head, message, wait, cx)
        })
    }

    fn leave(&self, wait: &mut Wait) {
        match wait.via.take() {
            Some(out) => out.leave(wait),
            None => self.state().waiting.leave(&mut wait.ticket),
        }
    }

    /// Never asked: a call asks the connection that it was given to.
    fn poll_reply(&self, _: CorrelationId, _: &mut Context<'_>) -> Poll<Reply> {
        let stray = "the request was not sent over this peer";
        Poll::Ready(Reply::Status(Status::bad_request(stray)))
    }

    fn cancel(&self, _: CorrelationId) {}

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

    fn is_connected(&self) -> bool {
        let current = self.state().current.clone();
        current.is_some_and(|out| out.is_connected())
    }

    fn reconnects(&self) -> bool {
        true
    }

    fn closed(&self) -> CancellationToken {
        self.closed.clone()
    }

    fn state(&self) -> ConnectionState {
        self.states.borrow().clone()
    }

    fn states(&self) -> Option<watch::Receiver<ConnectionState>> {
        Some(self.states.subscribe())
    }

    fn statistics(&self) -> Statistics {
        let state = self.state();
        let waiting = state.waiting.len();
        let current = state.current.clone();
        drop(state);
        let mut statistics = current.map_or_else(Statistics::default, |out| out.statistics());
        statistics.waiting += waiting;
        statistics
    }

    fn schema_differences(&self) -> Vec<SchemaDifference> {
        let current = self.state().current.clone();
        current.map_or_else(Vec::new, |out| out.schema_differences())
    }

    fn close(&self, drain: bool) {
        self.close(drain);
    }
}

/// Why a message was not sent that waited until there was no more connection to be had.
#[cold]
fn unsent(head: &CallHead<'_>, wait: &Wait, end: &Status) -> Status {
    match wait.resend {
        Resend::Again => {
            let name = head.name;
            let text = format!("the connection was lost after `{name}` was sent: {end}");
            Status::new(Code::ConnectionLost, text)
        }
        _ => end.clone(),
    }
}
