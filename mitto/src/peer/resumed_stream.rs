//! A stream that goes on over the next connection.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::progress::Progress;
use super::{Call, ItemStream, Peer, Reply};
use crate::message::{Message, Sent, Streaming};
use crate::status::{Code, Status};

/// The items of a stream that goes on when its connection is lost; from [`Call::resume`].
///
/// The first poll sends the request. Dropping the stream cancels it.
#[must_use = "a stream does nothing until it is polled"]
pub struct ResumedStream<M: Message, F> {
    peer: Peer,
    message: Sent<M>,
    progress: Progress,
    items: Option<ItemStream<M>>,
    last: Option<M::Response>,
    resume: F,
    /// Whether it has had a connection before.
    resuming: bool,
    ended: bool,
}

impl<M: Message<Kind = Streaming>> Call<'_, M> {
    /// A stream that goes on when its connection is lost: `next` is given the last item that was
    /// taken, if there was one, and says what to send to go on behind it.
    ///
    /// With `None` the stream ends with the loss; so it does on a client that does not
    /// [reconnect](crate::client::Builder::reconnect), without a question. Everything else that ends
    /// a stream ends this one, too. Each request has the call's options and its own deadline; the time
    /// without a connection does not count, except before the first one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mitto::{Items, Request, Status, handler, provider};
    /// # use serde::{Deserialize, Serialize};
    /// #[derive(Serialize, Deserialize, Request)]
    /// #[request(stream = Tick)]
    /// struct Watch { from: u64 }
    ///
    /// #[derive(Clone, Serialize, Deserialize)]
    /// struct Tick { seq: u64 }
    /// # mitto::schema! { Clock { client => server as ClockClient: [Watch] } }
    /// # #[provider(server of Clock: [watch])]
    /// # struct ClockServer;
    /// # #[handler]
    /// # async fn watch(items: Items<Tick>, req: Watch) -> Result<(), Status> {
    /// #     for seq in req.from..3 {
    /// #         items.send(Tick { seq }).await?;
    /// #     }
    /// #     Ok(())
    /// # }
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let client = ClockClient::local(ClockServer);
    /// let mut ticks = client.watch(Watch { from: 0 }).resume(|last| {
    ///     let from = last.map_or(0, |tick| tick.seq + 1);
    ///     Some(Watch { from })
    /// });
    /// let mut seen = 0;
    /// while let Some(tick) = ticks.next().await {
    ///     assert_eq!(tick?.seq, seen); // without a gap, and none twice
    ///     seen += 1;
    /// }
    /// # assert_eq!(seen, 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn resume<F>(mut self, next: F) -> ResumedStream<M, F>
    where
        F: FnMut(Option<&M::Response>) -> Option<M>,
        M::Response: Clone,
    {
        let (peer, message, progress) = self.take();
        ResumedStream {
            peer,
            message,
            progress,
            items: None,
            last: None,
            resume: next,
            resuming: false,
            ended: false,
        }
    }
}

impl<M, F> ResumedStream<M, F>
where
    M: Message<Kind = Streaming>,
    F: FnMut(Option<&M::Response>) -> Option<M>,
    M::Response: Clone,
{
    /// Waits for the next item; `None` is the end.
    ///
    /// After an error the stream has ended.
    pub async fn next(&mut self) -> Option<Result<M::Response, M::Failure>> {
        poll_fn(|cx| self.poll_item(cx)).await
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<M::Response, M::Failure>>> {
        while !self.ended {
            let Some(items) = &mut self.items else {
                match ready!(self.poll_open(cx)) {
                    Ok(()) => continue,
                    Err(failure) => return self.end(Some(Err(failure))),
                }
            };
            match ready!(items.poll_item(cx)) {
                Some(Ok(item)) => {
                    self.last = Some(item.clone());
                    return Poll::Ready(Some(Ok(item)));
                }
                Some(Err(_)) if items.is_lost() && self.begin_again() => {}
                other => return self.end(other),
            }
        }
        Poll::Ready(None)
    }

    /// Sends the request, and waits for the first reply to it.
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), M::Failure>> {
        let Self {
            peer,
            message,
            progress,
            ..
        } = self;
        let reply = ready!(progress.poll_reply(peer, M::INFO, message, cx));
        match &reply {
            Reply::Lost(_) if self.begin_again() => return Poll::Ready(Ok(())),
            Reply::Status(status) if self.is_early(status) => {
                self.progress.restart();
                return Poll::Ready(Ok(()));
            }
            _ => {}
        }
        self.message.0 = None;
        let (peer, id) = self.progress.detach_from(&self.peer);
        Poll::Ready(ItemStream::open(peer, id, reply).map(|items| self.items = Some(items)))
    }

    /// Whether the request was given up before there was a connection to send it over.
    fn is_early(&self, status: &Status) -> bool {
        self.resuming
            && status.code() == Code::Timeout
            && !self.progress.was_sent()
            && !self.peer.is_connected()
    }

    /// The connection is lost: prepares the next request, if there is to be one.
    fn begin_again(&mut self) -> bool {
        if self.peer.state().is_closed() {
            return false;
        }
        let Some(message) = (self.resume)(self.last.as_ref()) else {
            return false;
        };
        self.items = None;
        self.message.0 = Some(message);
        self.progress.restart();
        self.resuming = true;
        true
    }

    fn end<T>(&mut self, last: T) -> Poll<T> {
        self.ended = true;
        self.items = None;
        Poll::Ready(last)
    }
}

/// Nothing in it is pinned.
impl<M: Message, F> Unpin for ResumedStream<M, F> {}

impl<M, F> Stream for ResumedStream<M, F>
where
    M: Message<Kind = Streaming>,
    F: FnMut(Option<&M::Response>) -> Option<M>,
    M::Response: Clone,
{
    type Item = Result<M::Response, M::Failure>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_item(cx)
    }
}

impl<M: Message, F> Drop for ResumedStream<M, F> {
    fn drop(&mut self) {
        self.progress.leave(&self.peer);
    }
}

impl<M: Message, F> fmt::Debug for ResumedStream<M, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResumedStream")
            .field("message", &M::INFO.name)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}
