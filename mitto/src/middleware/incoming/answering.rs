//! The handler's end of a request on its way through middleware.

use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};

use tokio_util::sync::CancellationToken;

use super::Pass;
use crate::envelope::CorrelationId;
use crate::job::{Allowance, AnswerTo, Answering, GatheredItems};
use crate::message::{MessageKind, Outgoing};
use crate::middleware::Outcome;
use crate::middleware::seen::Seen;
use crate::status::{Code, Status};

/// The handler answers here. What it answers is sent on at once; only a status waits until the
/// middleware has seen it, and may become another.
impl Answering for Pass {
    fn respond(&self, _: CorrelationId, response: &mut dyn Outgoing) {
        if let Some(answer) = self.take_answer() {
            let seen = Seen::of(response, |seen| answer.respond(seen));
            self.gate.end(seen.unwrap_or(Outcome::Response));
        }
    }

    fn throw(&self, _: CorrelationId, error: &mut dyn Outgoing) {
        if let Some(answer) = self.take_answer() {
            let seen = Seen::of(error, |seen| answer.throw(seen));
            self.gate.end(seen.unwrap_or(Outcome::Error));
        }
    }

    fn fail(&self, _: CorrelationId, status: Status) {
        self.gate.end(Outcome::Status(status));
    }

    fn unreadable(&self, id: CorrelationId, status: Status) {
        self.unreadable.store(true, Relaxed);
        self.fail(id, status);
    }

    fn end(&self, _: CorrelationId) {
        if let Some(answer) = self.take_answer() {
            answer.end();
            self.gate.end(match self.facts.kind {
                MessageKind::Notification => Outcome::Done,
                _ => Outcome::End {
                    items: self.items.load(Relaxed),
                },
            });
        }
    }

    fn poll_item(
        &self,
        _: CorrelationId,
        item: &mut dyn Outgoing,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        let Some(AnswerTo { to, id }) = &self.to else {
            return Poll::Ready(Err(Status::new(Code::Cancelled, "nobody reads the items")));
        };
        let polled = to.poll_item(*id, item, cx);
        if let Poll::Ready(Ok(())) = polled {
            self.begun.store(true, Relaxed);
            self.items.fetch_add(1, Relaxed);
        }
        polled
    }

    fn takes_together(&self) -> bool {
        let to = self.to.as_ref();
        to.is_some_and(|AnswerTo { to, .. }| to.takes_together())
    }

    fn allow_items(&self, _: CorrelationId) -> Option<Allowance> {
        let AnswerTo { to, id } = self.to.as_ref()?;
        to.allow_items(*id)
    }

    fn send_items(&self, _: CorrelationId, items: GatheredItems<'_>) {
        if let Some(AnswerTo { to, id }) = &self.to {
            self.begun.store(true, Relaxed);
            self.items.fetch_add(items.count as u64, Relaxed);
            to.send_items(*id, items);
        }
    }

    fn progress(&self, _: CorrelationId) {
        self.begun.store(true, Relaxed);
        if let Some(AnswerTo { to, id }) = &self.to {
            to.progress(*id);
        }
    }

    fn is_waited_for(&self, _: CorrelationId) -> bool {
        // Nobody waits for a notification's answer, and nobody can give it up.
        self.to
            .as_ref()
            .is_none_or(|AnswerTo { to, id }| to.is_waited_for(*id))
    }

    fn cancellation(&self, _: CorrelationId) -> CancellationToken {
        match &self.to {
            Some(AnswerTo { to, id }) => to.cancellation(*id),
            None => CancellationToken::new(),
        }
    }
}
