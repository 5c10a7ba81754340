//! The items of a stream, at the caller.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::await_kind::{failure, item, response};
use super::{Peer, Reply};
use crate::envelope::CorrelationId;
use crate::in_flight::Reading;
use crate::message::{Body, Message};
use crate::status::Status;

/// The items that answer a stream request, in the order in which the handler sent them.
///
/// Taking items lets the handler go on; dropping the stream cancels the request.
///
/// # Examples
///
/// ```
/// # use mitto::{Items, Request, Status, handler, provider};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize, Request)]
/// # #[request(stream = u32)]
/// # struct CountTo { n: u32 }
/// # mitto::schema! { Counting { client => server as CountingClient: [CountTo] } }
/// # #[provider(server of Counting: [count_to])]
/// # struct CountingServer;
/// # #[handler]
/// # async fn count_to(items: Items<u32>, req: CountTo) -> Result<(), Status> {
/// #     for n in 1..=req.n {
/// #         items.send(n).await?; // waits while the reader is too far behind
/// #     }
/// #     Ok(())
/// # }
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = CountingClient::local(CountingServer);
/// let mut numbers = client.count_to(CountTo { n: 3 }).await?;
/// let mut sum = 0;
/// while let Some(n) = numbers.next().await {
///     sum += n?;
/// }
/// assert_eq!(sum, 6);
/// # Ok(())
/// # }
/// ```
#[must_use = "dropping the stream cancels the request"]
pub struct ItemStream<M: Message> {
    peer: Peer,
    id: Option<CorrelationId>,
    first: Option<Body>,
    /// The items that are here.
    arrived: Option<Reading>,
    /// Whether it has ended with its connection.
    lost: bool,
    message: PhantomData<fn() -> M>,
}

impl<M: Message> ItemStream<M> {
    /// The stream that a request came to, by the first reply to it.
    pub(crate) fn open(
        peer: Peer,
        id: Option<CorrelationId>,
        reply: Reply,
    ) -> Result<Self, M::Failure> {
        let (id, first, arrived) = match reply {
            Reply::Opened => (id, None, None),
            Reply::Item(body) => (id, Some(body), None),
            Reply::Arrived(arrived) => (id, None, Some(arrived.read())),
            Reply::End => (None, None, None),
            other => return Err(failure::<M>(other, peer.out())),
        };
        Ok(Self {
            peer,
            id,
            first,
            arrived,
            lost: false,
            message: PhantomData,
        })
    }

    /// Waits for the next item; `None` is the end.
    ///
    /// After an error the stream has ended.
    pub async fn next(&mut self) -> Option<Result<M::Response, M::Failure>> {
        std::future::poll_fn(|cx| self.poll_item(cx)).await
    }

    pub(super) fn poll_item(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<M::Response, M::Failure>>> {
        loop {
            if let Some(item) = self.next_arrived() {
                return Poll::Ready(Some(item));
            }
            let reply = match (self.first.take(), self.id, self.peer.outbound()) {
                (Some(first), ..) => Reply::Item(first),
                (None, Some(id), Some(out)) => ready!(out.poll_reply(id, cx)),
                _ => return Poll::Ready(None),
            };
            match reply {
                Reply::Opened => {}
                Reply::Arrived(arrived) => self.arrived = Some(arrived.read()),
                reply => return Poll::Ready(self.passed_on(reply)),
            }
        }
    }

    /// The next of the items that are here.
    #[inline]
    fn next_arrived(&mut self) -> Option<Result<M::Response, M::Failure>> {
        let (out, id) = (self.peer.outbound()?, self.id?);
        let arrived = self.arrived.as_mut()?;
        let format = arrived.format();
        let Some(bytes) = arrived.take() else {
            if let Some(arrived) = self.arrived.take() {
                out.recycle(arrived.into_bytes());
            }
            return None;
        };
        let item = item::<M>(format, bytes, &**out);
        if let Some(taken) = arrived.report() {
            arrived.set_due(out.taken(id, taken));
        }
        Some(self.passed(item))
    }

    /// A reply that is an item of its own, or ends the stream.
    fn passed_on(&mut self, reply: Reply) -> Option<Result<M::Response, M::Failure>> {
        if reply.is_last() {
            self.id = None;
        }
        match reply {
            Reply::End => None,
            Reply::Item(body) => {
                let item = response::<M>(body, self.peer.out()?);
                Some(self.passed(item))
            }
            other => {
                self.lost = matches!(other, Reply::Lost(_));
                self.cancel();
                Some(Err(failure::<M>(other, self.peer.out())))
            }
        }
    }

    /// An item, or what ends the stream where one cannot be read.
    #[inline]
    fn passed(&mut self, item: Result<M::Response, Status>) -> Result<M::Response, M::Failure> {
        match item {
            Ok(item) => Ok(item),
            Err(status) => {
                self.cancel();
                Err(status.into())
            }
        }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost
    }

    fn cancel(&mut self) {
        if let (Some(id), Some(out)) = (self.id.take(), self.peer.outbound()) {
            out.cancel(id);
        }
    }
}

impl<M: Message> Stream for ItemStream<M> {
    type Item = Result<M::Response, M::Failure>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_item(cx)
    }
}

impl<M: Message> Drop for ItemStream<M> {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl<M: Message> fmt::Debug for ItemStream<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemStream")
            .field("message", &M::INFO.name)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}
