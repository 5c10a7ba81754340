//! The handler's end.

use std::task::{Context, Poll};

use tokio_util::sync::CancellationToken;

use super::Exchange;
use crate::envelope::CorrelationId;
use crate::in_flight::Reply;
use crate::job::Answering;
use crate::message::Outgoing;
use crate::runtime::Instant;
use crate::status::{Code, Status};

impl Answering for Exchange {
    fn respond(&self, id: CorrelationId, response: &mut dyn Outgoing) {
        self.complete(id, Reply::Response(response.take()));
    }

    fn throw(&self, id: CorrelationId, error: &mut dyn Outgoing) {
        self.complete(id, Reply::Error(error.take()));
    }

    fn fail(&self, id: CorrelationId, status: Status) {
        self.complete(id, Reply::Status(status));
    }

    fn end(&self, id: CorrelationId) {
        self.complete(id, Reply::End);
    }

    fn poll_item(
        &self,
        id: CorrelationId,
        item: &mut dyn Outgoing,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        let mut state = self.state();
        match state.in_flight.credit(id) {
            None => {
                return Poll::Ready(Err(Status::new(Code::Cancelled, "nobody reads the items")));
            }
            Some(false) => {
                state.slot(id).sender = Some(cx.waker().clone());
                return Poll::Pending;
            }
            Some(true) => drop(state),
        }
        self.complete(id, Reply::Item(item.take()));
        Poll::Ready(Ok(()))
    }

    fn progress(&self, id: CorrelationId) {
        let waker = self.state().in_flight.progress(id, Instant::now());
        if let Ok(Some(waker)) = waker {
            waker.wake();
        }
    }

    fn is_waited_for(&self, id: CorrelationId) -> bool {
        self.state().in_flight.is_open(id)
    }

    fn cancellation(&self, id: CorrelationId) -> CancellationToken {
        let mut state = self.state();
        if state.in_flight.is_open(id) {
            return state.slot(id).token.get_or_insert_default().clone();
        }
        let token = CancellationToken::new();
        token.cancel();
        token
    }
}

impl Exchange {
    /// Gives its caller a reply, if it still waits.
    pub(crate) fn complete(&self, id: CorrelationId, reply: Reply) {
        let mut state = self.state();
        if !state.in_flight.is_open(id) {
            drop(state);
            drop(reply);
            return;
        }
        let stopwatch = match state.slots.get(id.slot() as usize) {
            Some(slot) if reply.is_last() => slot.stopwatch,
            _ => None,
        };
        // The first of the two takes the waker.
        let timed = stopwatch.map(|stopwatch| state.in_flight.time(id, stopwatch.read()));
        let completed = state.in_flight.complete(id, reply);
        drop(state);
        if let (Some(Ok(Some(waker))), _) | (_, Ok(Some(waker))) = (timed, completed) {
            waker.wake();
        }
    }
}
