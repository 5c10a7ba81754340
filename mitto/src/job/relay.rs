//! A request that was handed on to another end, and its answers on their way back.

use std::future::Future;
#[cfg(feature = "host")]
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::{Answer, Answering};
use crate::envelope::CorrelationId;
use crate::in_flight::{Reading, Reply};
use crate::message::{Body, Encoded, Passed};
use crate::peer::{Handover, Outbound, Recipient};
use crate::status::{Code, Status};

/// Takes the replies to a request that `out` has sent, and answers with them, as they are. Dropped, it
/// gives the request up.
///
/// Until something has come it may [rest](Self::rest): then the last reply goes from the connection that it
/// comes on straight to where it is answered, and nothing is polled for it.
pub(crate) struct Relay {
    out: Arc<dyn Outbound>,
    id: CorrelationId,
    /// `None` when the request has ended, or rests.
    answer: Option<Answer>,
    rests: bool,
    /// Who handed it on, where that wants to know.
    via: Option<Arc<dyn Via>>,
    /// `None` until something of the answer has come.
    items: Option<Box<Items>>,
}

/// Who hands requests on, and hears what becomes of them.
pub(crate) trait Via: Send + Sync + 'static {
    /// The other end, for people.
    fn remote(&self) -> &str;

    /// The connection was lost before anything of an answer came.
    fn fails(&self, why: &Status) {
        let _ = why;
    }

    /// A request has ended, in whatever way.
    fn ended(&self) {}
}

/// The items of a stream that are passed on.
#[derive(Default)]
struct Items {
    /// One that its reader has no room for yet.
    held: Option<Body>,
    /// Those that came together.
    arrived: Option<Reading>,
}

/// A request whose connection was lost before anything of its answer came.
pub(crate) struct Lost {
    pub(crate) answer: Answer,
    why: Status,
    via: Option<Arc<dyn Via>>,
}

impl Lost {
    /// Answers that the request may have run.
    #[cold]
    pub(crate) fn fail(self) {
        let Some(via) = &self.via else {
            return self.answer.fail(self.why);
        };
        let text = format!(
            "the connection to {} was lost after the request was forwarded, so that it may have run: {}",
            via.remote(),
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
            rests: false,
            via: None,
            items: None,
        }
    }

    /// The same, handed on by somebody who wants to know.
    #[cfg(feature = "host")]
    #[inline]
    pub(crate) fn via(mut self, via: Arc<dyn Via>) -> Self {
        self.via = Some(via);
        self
    }

    /// The same where the first reply is here already; `None` when it was the last.
    pub(crate) fn replied(mut self, reply: Reply) -> Option<Self> {
        match self.take(reply) {
            None => Some(self),
            Some(lost) => {
                if let Some(lost) = lost {
                    lost.fail();
                }
                None
            }
        }
    }

    /// Has the last reply given to `to` when it comes, as the answer to its request `id`, or else has that
    /// [resume](Self::resume) it. Says `false` where it must be polled.
    pub(crate) fn rest<T: Answering + Recipient>(
        &mut self,
        to: &Arc<T>,
        id: CorrelationId,
    ) -> bool {
        let answer = self.answer.as_mut();
        if let Some(end) = answer.and_then(|answer| answer.take_end(&**to, id)) {
            self.rests = self.out.hand_over(self.id, Handover { to: end, id });
            self.answer = (!self.rests).then(|| Answer::new(to.clone(), id));
        }
        self.rests
    }

    /// Something else has come than the last reply: from now on it is polled.
    pub(crate) fn resume(&mut self, answer: Answer) {
        self.rests = false;
        self.answer = Some(answer);
    }

    /// The last reply was given while it rested.
    #[inline]
    pub(crate) fn answered(mut self) {
        self.rests = false;
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
        let (Some(answer), Some(items)) = (&self.answer, &mut self.items) else {
            return Poll::Ready(Ok(()));
        };
        if let Some(held) = items.held.take() {
            let mut item = Passed::new(held);
            if answer.poll_item(&mut item, cx)?.is_pending() {
                items.held = item.into_body();
                return Poll::Pending;
            }
            recycle(&*self.out, item);
        }
        let Some(arrived) = &mut items.arrived else {
            return Poll::Ready(Ok(()));
        };
        let format = arrived.format();
        while let Some(bytes) = arrived.peek() {
            let mut item = Encoded { format, bytes };
            ready!(answer.poll_item(&mut item, cx))?;
            arrived.take();
            if let Some(taken) = arrived.report() {
                arrived.set_due(self.out.taken(self.id, taken));
            }
        }
        if let Some(arrived) = items.arrived.take() {
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
            }
            Reply::Item(item) => self.items.get_or_insert_default().held = Some(item),
            Reply::Arrived(arrived) => {
                self.items.get_or_insert_default().arrived = Some(arrived.read());
            }
            Reply::Timing(_) => {}
            last => return Some(self.finish(last)),
        }
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
            Reply::Lost(why) if self.items.is_none() => {
                let via = self.via.clone();
                if let Some(via) = &via {
                    via.fails(&why);
                }
                return Some(Lost { answer, why, via });
            }
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
        if let Some(lost) = ready!(self.poll_outcome(cx)) {
            lost.fail();
        }
        Poll::Ready(())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if self.rests || self.answer.is_some() {
            self.out.cancel(self.id);
        }
        if let Some(via) = &self.via {
            via.ended();
        }
    }
}

/// Gives the buffer of what was passed on back.
fn recycle(out: &dyn Outbound, passed: Passed) {
    if let Some(Body::Encoded { bytes, .. }) = passed.into_body() {
        out.recycle(bytes);
    }
}
