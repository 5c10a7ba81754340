//! A request that was handed on to another end, and its answers on their way back.

use std::future::Future;
#[cfg(feature = "host")]
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use crate::envelope::CorrelationId;
use crate::in_flight::{Reading, Reply};
use crate::job::Answer;
use crate::message::{Body, Passed};
use crate::peer::Outbound;
#[cfg(feature = "host")]
use crate::peer::Peer;
#[cfg(feature = "host")]
use crate::status::Code;
use crate::status::Status;

/// Takes the replies to a request that `out` has sent, and answers with them, as they are. Dropped, it
/// gives the request up.
pub(crate) struct Relay {
    out: Arc<dyn Outbound>,
    id: CorrelationId,
    /// `None` when the request has ended.
    answer: Option<Answer>,
    /// An item that its reader has no room for yet.
    held: Option<Body>,
    /// The items that came together.
    arrived: Option<Reading>,
    /// Whether something of the answer has been passed on.
    begun: bool,
}

/// A request whose connection was lost before anything of its answer came.
pub(crate) struct Lost {
    pub(crate) answer: Answer,
    pub(crate) why: Status,
}

#[cfg(feature = "host")]
impl Lost {
    /// Answers that the request may have run.
    #[cold]
    pub(crate) fn fail(self, peer: &Peer) {
        let text = format!(
            "the connection to {} was lost after the request was forwarded, so that it may have run: {}",
            peer.remote(),
            self.why.message()
        );
        self.answer.fail(Status::new(Code::ConnectionLost, text));
    }
}

impl Relay {
    pub(crate) fn new(out: Arc<dyn Outbound>, id: CorrelationId, answer: Answer) -> Self {
        Self {
            out,
            id,
            answer: Some(answer),
            held: None,
            arrived: None,
            begun: false,
        }
    }

    /// The same where the first reply is here already; `None` when it was the last.
    pub(crate) fn replied(
        out: Arc<dyn Outbound>,
        id: CorrelationId,
        reply: Reply,
        answer: Answer,
    ) -> Option<Self> {
        let mut relay = Self::new(out, id, answer);
        match relay.take(reply) {
            None => Some(relay),
            Some(lost) => {
                if let Some(Lost { answer, why }) = lost {
                    answer.fail(why);
                }
                None
            }
        }
    }

    /// Answers, unless the connection is lost before anything of the answer has come.
    #[cfg(feature = "host")]
    pub(crate) async fn outcome(mut self) -> Option<Lost> {
        poll_fn(|cx| self.poll_outcome(cx)).await
    }

    /// Gives the request up, and answers with this.
    #[cfg(feature = "host")]
    #[cold]
    pub(crate) fn refuse(mut self, status: Status) {
        if let Some(answer) = self.answer.take() {
            self.out.cancel(self.id);
            answer.fail(status);
        }
    }

    fn poll_outcome(&mut self, cx: &mut Context<'_>) -> Poll<Option<Lost>> {
        loop {
            if let Err(status) = ready!(self.poll_items(cx)) {
                self.out.cancel(self.id);
                if let Some(answer) = self.answer.take() {
                    answer.fail(status);
                }
                return Poll::Ready(None);
            }
            let reply = ready!(self.out.poll_reply(self.id, cx));
            if let Some(ended) = self.take(reply) {
                return Poll::Ready(ended);
            }
        }
    }

    /// Hands the items that are here to their reader.
    fn poll_items(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let Some(answer) = &self.answer else {
            return Poll::Ready(Ok(()));
        };
        if let Some(held) = self.held.take() {
            let mut item = Passed::new(held);
            if answer.poll_item(&mut item, cx)?.is_pending() {
                self.held = item.into_body();
                return Poll::Pending;
            }
            recycle(&*self.out, item);
        }
        let Some(arrived) = &mut self.arrived else {
            return Poll::Ready(Ok(()));
        };
        let format = arrived.format();
        while let Some(bytes) = arrived.peek() {
            let mut item = crate::message::Encoded { format, bytes };
            ready!(answer.poll_item(&mut item, cx))?;
            arrived.take();
            if let Some(taken) = arrived.report() {
                arrived.set_due(self.out.taken(self.id, taken));
            }
        }
        if let Some(arrived) = self.arrived.take() {
            self.out.recycle(arrived.into_bytes());
        }
        Poll::Ready(Ok(()))
    }

    /// Takes one reply. `Some` when it was the last.
    fn take(&mut self, reply: Reply) -> Option<Option<Lost>> {
        match reply {
            Reply::Opened => {
                if let Some(answer) = &self.answer {
                    answer.progress();
                }
                return None;
            }
            Reply::Item(item) => self.held = Some(item),
            Reply::Arrived(arrived) => self.arrived = Some(arrived.read()),
            Reply::Timing(_) => return None,
            last => return Some(self.finish(last)),
        }
        self.begun = true;
        None
    }

    fn finish(&mut self, reply: Reply) -> Option<Lost> {
        let answer = self.answer.take()?;
        match reply {
            Reply::Response(body) => {
                let mut response = Passed::new(body);
                answer.respond(&mut response);
                recycle(&*self.out, response);
            }
            Reply::Error(body) => {
                let mut error = Passed::new(body);
                answer.throw(&mut error);
                recycle(&*self.out, error);
            }
            Reply::Lost(why) if !self.begun => return Some(Lost { answer, why }),
            Reply::Status(status) | Reply::Lost(status) => answer.fail(status),
            // The others are not the last.
            _ => answer.end(),
        }
        None
    }
}

impl Future for Relay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(Lost { answer, why }) = ready!(self.poll_outcome(cx)) {
            answer.fail(why);
        }
        Poll::Ready(())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if self.answer.is_some() {
            self.out.cancel(self.id);
        }
    }
}

/// Gives the buffer of what was passed on back.
fn recycle(out: &dyn Outbound, passed: Passed) {
    if let Some(Body::Encoded { bytes, .. }) = passed.into_body() {
        out.recycle(bytes);
    }
}
