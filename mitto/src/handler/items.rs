//! The sending side of a stream.

use std::any::Any;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::{Ended, Extract};
use crate::codec::{CodecError, Encoder};
use crate::context::Parts;
use crate::job::{AnswerTo, poll_item};
use crate::message::{Body, Kind, Message, Outgoing, Payload, Streaming};
use crate::status::{Code, Status};

/// Where the handler of a stream sends its items. The stream ends when the handler returns.
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
/// #[handler]
/// async fn count_to(items: Items<u32>, req: CountTo) -> Result<(), Status> {
///     for n in 1..=req.n {
///         items.send(n).await?; // waits while the reader is too far behind
///     }
///     Ok(())
/// }
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut numbers = CountingServer.call(CountTo { n: 1 }).await?;
/// # assert_eq!(numbers.next().await, Some(Ok(1)));
/// # assert_eq!(numbers.next().await, None);
/// # Ok(())
/// # }
/// ```
pub struct Items<T> {
    to: Option<AnswerTo>,
    encode: Encode<T>,
    opened: Arc<AtomicBool>,
}

/// The fn that encodes an item, kept apart from its message.
pub(super) struct Encode<T>(pub(super) fn(&T, &mut Encoder<'_>) -> Result<(), CodecError>);

impl<T> Clone for Encode<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Encode<T> {}

impl<T: Send + 'static> Items<T> {
    /// Sends the next item. The await lasts until the reader has room for it.
    ///
    /// # Errors
    ///
    /// When nobody reads any more, or the item cannot be sent; `?` ends the handler then.
    pub fn send(&self, item: T) -> Sending<'_, T> {
        Sending {
            items: self,
            item: Item {
                value: Some(item),
                encode: self.encode,
            },
        }
    }

    /// Whether somebody still reads.
    pub fn is_read(&self) -> bool {
        let to = self.to.as_ref();
        to.is_some_and(|AnswerTo { to, id }| to.is_waited_for(*id))
    }
}

#[diagnostic::do_not_recommend]
impl<S, T: Send + 'static> Extract<S> for Items<T> {
    fn extract(_: &S, parts: &Parts<'_>) -> Result<Self, Status> {
        let source = parts.items.and_then(|source| {
            let encode = (source.encode as &dyn Any).downcast_ref::<Encode<T>>()?;
            Some((*encode, Arc::clone(source.opened)))
        });
        let Some((encode, opened)) = source else {
            let text = format!(
                "its handler sends `{}`, which is not the item of its message",
                std::any::type_name::<T>()
            );
            return Err(Status::new(Code::Internal, text));
        };
        Ok(Self {
            to: parts.answer.to(),
            encode,
            opened,
        })
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Items<{}>", std::any::type_name::<T>())
    }
}

/// An item on its way; see [`Items::send`].
#[must_use = "an item is sent when this is awaited"]
pub struct Sending<'i, T> {
    items: &'i Items<T>,
    item: Item<T>,
}

/// Nothing in it is pinned: the item only waits to be encoded.
impl<T> Unpin for Sending<'_, T> {}

impl<T: Send + 'static> Future for Sending<'_, T> {
    type Output = Result<(), Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let items = self.items;
        let Some(to) = &items.to else {
            return Poll::Ready(Err(Status::new(Code::Cancelled, "nobody reads the items")));
        };
        let sent = ready!(poll_item(to, &mut self.item, cx));
        items.opened.store(true, Ordering::Relaxed);
        Poll::Ready(sent)
    }
}

impl<T> fmt::Debug for Sending<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sending").field(self.items).finish()
    }
}

struct Item<T> {
    value: Option<T>,
    encode: Encode<T>,
}

impl<T: Send + 'static> Outgoing for Item<T> {
    fn encode(&self, to: &mut Encoder<'_>) -> Result<(), CodecError> {
        match &self.value {
            Some(value) => (self.encode.0)(value, to),
            None => Ok(()),
        }
    }

    fn take(&mut self) -> Body {
        Body::Value(Box::new(self.value.take()))
    }

    fn is_taken(&self) -> bool {
        self.value.is_none()
    }

    fn payload(&mut self) -> Payload<'_> {
        Payload::Value(self)
    }

    fn as_any(&mut self) -> Option<&mut dyn Any> {
        None
    }
}

/// The kind of message that may be answered by a returned stream.
#[diagnostic::on_unimplemented(
    message = "this handler returns a stream, but its message is not answered by one: write \
               `#[request(stream = T)]` at the message, or return the response [mitto::E253]",
    label = "not a message with a stream"
)]
pub trait Streams: Kind {
    /// What the handler itself returns at the end.
    fn nothing<R: Send + 'static>() -> Self::Return<R>;
}

impl Streams for Streaming {
    fn nothing<R: Send + 'static>() {}
}

/// What an item of a returned stream comes to.
pub type ItemOf<M> = Result<<M as Message>::Response, <M as Message>::Failure>;

/// Sends all items of a stream that a handler returned.
pub async fn pump<M, X>(
    stream: X,
    outcome: fn(X::Item) -> ItemOf<M>,
    items: Items<M::Response>,
) -> Ended<M>
where
    M: Message<Kind: Streams>,
    X: Stream,
{
    let mut stream = pin!(stream);
    while let Some(item) = poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
        let sent = match outcome(item) {
            Ok(item) => items.send(item).await.map_err(From::from),
            Err(failure) => Err(failure),
        };
        if let Err(failure) = sent {
            return Ended(Err(failure));
        }
    }
    Ended(Ok(M::Kind::nothing()))
}

/// Waits for a stream, then sends all its items.
pub async fn pump_later<M, L, X>(
    later: L,
    outcome: fn(X::Item) -> ItemOf<M>,
    items: Items<M::Response>,
) -> Ended<M>
where
    M: Message<Kind: Streams>,
    L: Future<Output = X>,
    X: Stream,
{
    pump::<M, X>(later.await, outcome, items).await
}
