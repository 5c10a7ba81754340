//! What awaiting a call gives, by the kind of its message.

use std::task::{Context, Poll, ready};

use super::{Call, ItemStream, Outbound, Reply};
use crate::codec::{CodecError, Decoder, Format};
use crate::limits::{Limit, reached};
use crate::message::{Body, ErrorOf, Failure, Kind, Message, OneWay, Streaming, Unary};
use crate::status::{Code, Status};

/// What awaiting a call of `M` gives:
///
/// - a request: `Result<Response, Status>`, or `Result<Response, CallError<E>>` where it declares an
///   error of its own;
/// - a stream: `Result<ItemStream<M>, _>` with the same failures, as soon as the handler has begun;
/// - a notification: `Result<(), Status>`, as soon as it is handed to the connection.
pub type Outcome<M> = <<M as Message>::Kind as Await<M>>::Outcome;

/// A kind of message whose calls can be awaited.
pub trait Await<M: Message>: Kind {
    /// See [`Outcome`].
    type Outcome: Send;

    /// Drives the call.
    #[doc(hidden)]
    fn poll(call: &mut Call<'_, M>, cx: &mut Context<'_>) -> Poll<Self::Outcome>;
}

impl<M: Message<Kind = Self>> Await<M> for Unary {
    type Outcome = Result<M::Response, M::Failure>;

    fn poll(call: &mut Call<'_, M>, cx: &mut Context<'_>) -> Poll<Self::Outcome> {
        let Poll::Ready(reply) = call.poll_answer(cx) else {
            return Poll::Pending;
        };
        Poll::Ready(match (reply, call.out()) {
            (Reply::Response(body), Some(out)) => match response::<M>(body, out) {
                Ok(response) => Ok(response),
                Err(status) => Err(status.into()),
            },
            (other, out) => Err(failure::<M>(other, out)),
        })
    }
}

impl<M: Message<Kind = Self>> Await<M> for Streaming {
    type Outcome = Result<ItemStream<M>, M::Failure>;

    fn poll(call: &mut Call<'_, M>, cx: &mut Context<'_>) -> Poll<Self::Outcome> {
        let reply = ready!(call.poll_reply(cx));
        let (peer, id) = call.detach();
        Poll::Ready(ItemStream::open(peer, id, reply))
    }
}

impl<M: Message<Kind = Self>> Await<M> for OneWay {
    type Outcome = Result<(), Status>;

    fn poll(call: &mut Call<'_, M>, cx: &mut Context<'_>) -> Poll<Self::Outcome> {
        call.poll_notify(cx)
    }
}

/// Reads a response or an item.
pub(super) fn response<M: Message>(body: Body, out: &dyn Outbound) -> Result<M::Response, Status> {
    read(body, out, M::INFO.name, M::CODINGS.response.decode)
}

/// Reads an item that lies in a buffer with others.
#[inline]
pub(super) fn item<M: Message>(
    format: Format,
    bytes: &[u8],
    out: &dyn Outbound,
) -> Result<M::Response, Status> {
    match (M::CODINGS.response.decode)(Decoder::new(out.codecs(), format, bytes)) {
        Ok(item) => Ok(item),
        Err(error) => Err(unreadable(M::INFO.name, &error)),
    }
}

/// Reads a reply that is not the one hoped for.
pub(super) fn failure<M: Message>(reply: Reply, out: Option<&dyn Outbound>) -> M::Failure {
    match (reply, out) {
        (Reply::Status(status) | Reply::Lost(status), _) => status.into(),
        (Reply::Error(body), Some(out)) => {
            match read::<ErrorOf<M>>(body, out, M::INFO.name, M::CODINGS.error.decode) {
                Ok(error) => M::Failure::from_handler(error),
                Err(status) => status.into(),
            }
        }
        _ => other_way(M::INFO.name).into(),
    }
}

fn read<T: 'static>(
    body: Body,
    out: &dyn Outbound,
    name: &str,
    decode: fn(Decoder<'_>) -> Result<T, CodecError>,
) -> Result<T, Status> {
    match body {
        Body::Encoded { format, bytes } => {
            let value = decode(Decoder::new(out.codecs(), format, &bytes));
            out.recycle(bytes);
            match value {
                Ok(value) => Ok(value),
                Err(error) => Err(unreadable(name, &error)),
            }
        }
        // Compiled for every message: a box of an `Option` needs less of it than one that is consumed.
        Body::Value(mut value) => {
            if let Some(value) = value.downcast_mut::<Option<T>>()
                && let Some(value) = value.take()
            {
                return Ok(value);
            }
            Err(other_type(name))
        }
    }
}

#[cold]
fn other_way(name: &str) -> Status {
    let text = format!("`{name}` was answered in another way than it asks for");
    Status::new(Code::BadRequest, text)
}

#[cold]
fn unreadable(name: &str, error: &CodecError) -> Status {
    if let CodecError::TooDeep = error {
        reached(Limit::Depth, name);
    }
    let text = format!("the answer to `{name}`: {error}");
    Status::new(Code::BadRequest, text)
}

#[cold]
fn other_type(name: &str) -> Status {
    let text = format!("the answer to `{name}` is of another type");
    Status::new(Code::SchemaMismatch, text)
}
