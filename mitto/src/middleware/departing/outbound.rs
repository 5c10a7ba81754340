//! The call's end of a request on its way through middleware.

use std::task::{Context, Poll, ready};

use super::{Departing, polled_again};
use crate::envelope::CorrelationId;
use crate::in_flight::Reply;
use crate::message::Outgoing;
use crate::middleware::Outcome;
use crate::peer::{CallHead, Outbound, Started, Wait, tell_of_out};
use crate::status::{Code, Status};

impl Outbound for Departing {
    fn start(
        &self,
        head: &CallHead<'_>,
        message: &mut dyn Outgoing,
        _: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Started, Status>> {
        let out = &*self.out;
        let send = &mut |head: &CallHead<'_>, wait: &mut Wait, cx: &mut Context<'_>| {
            out.start(head, message, wait, cx)
        };
        let sent = ready!(self.poll_send(head, cx, send))?;
        let (id, first) = match sent {
            Some(Started::Poll(id) | Started::Waiting(id)) => (id, None),
            Some(Started::Replied(id, first)) => (id, Some(first)),
            None => return Poll::Ready(Err(ended_early())),
        };
        let mut parts = self.parts();
        parts.id = Some(id);
        parts.first = first;
        // The middleware must be polled as well, so that the call has to come back at once.
        Poll::Ready(Ok(Started::Poll(id)))
    }

    fn notify(
        &self,
        head: &CallHead<'_>,
        message: &mut dyn Outgoing,
        _: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        let out = &*self.out;
        let send = &mut |head: &CallHead<'_>, wait: &mut Wait, cx: &mut Context<'_>| {
            out.notify(head, message, wait, cx)
        };
        while ready!(self.poll_send(head, cx, send))?.is_some() {
            self.gate.end(Outcome::Done);
        }
        Poll::Ready(Ok(()))
    }

    fn leave(&self, _: &mut Wait) {
        self.end();
    }

    fn poll_reply(&self, _: CorrelationId, cx: &mut Context<'_>) -> Poll<Reply> {
        loop {
            let further = self.poll_further(cx);
            match self.poll_handling(cx) {
                Poll::Ready(Some(ended)) => {
                    self.cancel_further();
                    let reply = self.parts().reply.take();
                    let status = match ended {
                        Ok(answered) => match answered.into_outcome() {
                            Outcome::Status(status) => Some(status),
                            _ => None,
                        },
                        Err(status) => Some(status),
                    };
                    return Poll::Ready(match (status, reply) {
                        (Some(status), _) => Reply::Status(status),
                        (None, Some(reply)) => reply,
                        (None, None) => Reply::Status(ended_early()),
                    });
                }
                Poll::Ready(None) => return Poll::Ready(Reply::Status(polled_again())),
                Poll::Pending => {}
            }
            if let Some(reply) = further {
                return Poll::Ready(reply);
            }
            if self.gate.has_left() {
                self.cancel_further();
            }
            if self.gate.park(cx.waker()) {
                return Poll::Pending;
            }
        }
    }

    fn taken(&self, _: CorrelationId, bytes: usize) -> usize {
        let id = self.parts().id;
        id.map_or(usize::MAX, |id| self.via().taken(id, bytes))
    }

    fn cancel(&self, _: CorrelationId) {
        self.end();
    }

    fn recycle(&self, bytes: Vec<u8>) {
        self.via().recycle(bytes);
    }

    tell_of_out!();
}

#[cold]
fn ended_early() -> Status {
    Status::new(Code::Internal, "a middleware ended too early")
}
