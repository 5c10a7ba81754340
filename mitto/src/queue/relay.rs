//! A request that was handed on to another end, and its answers on their way back.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use crate::codec::Format;
use crate::envelope::CorrelationId;
use crate::in_flight::{Reading, Reply};
use crate::job::Answer;
use crate::message::{Body, Encoded};
use crate::peer::Outbound;
use crate::status::{Code, Status};

/// Takes the replies to a request that `out` has sent, and answers with them, as they are. Dropped, it
/// gives the request up.
pub(crate) struct Relay {
    out: Arc<dyn Outbound>,
    id: CorrelationId,
    /// `None` when the request has ended.
    answer: Option<Answer>,
    /// The item that its reader has no room for yet.
    held: Option<(Format, Vec<u8>)>,
    /// The items behind it.
    arrived: Option<Reading>,
}

impl Relay {
    pub(crate) fn new(out: Arc<dyn Outbound>, id: CorrelationId, answer: Answer) -> Self {
        Self {
            out,
            id,
            answer: Some(answer),
            held: None,
            arrived: None,
        }
    }

    /// The same where the first reply is here already.
    pub(crate) async fn replied(
        out: Arc<dyn Outbound>,
        id: CorrelationId,
        reply: Reply,
        answer: Answer,
    ) {
        let mut relay = Self::new(out, id, answer);
        if !relay.take(reply) {
            relay.await;
        }
    }

    /// Hands the items that are here to their reader.
    fn poll_items(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let Some(answer) = &self.answer else {
            return Poll::Ready(Ok(()));
        };
        loop {
            if let Some((format, bytes)) = &self.held {
                let (format, bytes) = (*format, &**bytes);
                ready!(answer.poll_item(&mut Encoded { format, bytes }, cx))?;
                self.held = None;
            }
            let Some(arrived) = &mut self.arrived else {
                return Poll::Ready(Ok(()));
            };
            let format = arrived.format();
            self.held = arrived.take().map(|bytes| (format, bytes.to_vec()));
            if let Some(taken) = arrived.report() {
                arrived.set_due(self.out.taken(self.id, taken));
            }
            if self.held.is_none()
                && let Some(arrived) = self.arrived.take()
            {
                self.out.recycle(arrived.into_bytes());
            }
        }
    }

    /// Takes one reply. Whether it was the last.
    fn take(&mut self, reply: Reply) -> bool {
        let last = reply.is_last();
        if last {
            if let Some(answer) = self.answer.take() {
                finish(answer, reply);
            }
            return true;
        }
        match reply {
            Reply::Opened => {
                if let Some(answer) = &self.answer {
                    answer.progress();
                }
            }
            Reply::Item(Body::Encoded { format, bytes }) => self.held = Some((format, bytes)),
            Reply::Arrived(arrived) => self.arrived = Some(arrived.read()),
            _ => {}
        }
        false
    }
}

fn finish(answer: Answer, reply: Reply) {
    match reply {
        Reply::Response(Body::Encoded { format, bytes }) => {
            let bytes = &bytes;
            answer.respond(&mut Encoded { format, bytes });
        }
        Reply::Error(Body::Encoded { format, bytes }) => {
            let bytes = &bytes;
            answer.throw(&mut Encoded { format, bytes });
        }
        Reply::Status(status) | Reply::Lost(status) => answer.fail(status),
        Reply::End => answer.end(),
        _ => {
            let text = "the answer to a request that was handed on came as a value of this process";
            answer.fail(Status::new(Code::Internal, text));
        }
    }
}

impl Future for Relay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            if let Err(status) = ready!(this.poll_items(cx)) {
                this.out.cancel(this.id);
                if let Some(answer) = this.answer.take() {
                    answer.fail(status);
                }
                return Poll::Ready(());
            }
            let reply = ready!(this.out.poll_reply(this.id, cx));
            if this.take(reply) {
                return Poll::Ready(());
            }
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if self.answer.is_some() {
            self.out.cancel(self.id);
        }
    }
}
