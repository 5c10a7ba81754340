//! What awaiting a call gives, by the kind of its message.

use std::task::{Context, Poll, ready};

use super::{Call, ItemStream, Outbound, Reply};
use crate::codec::Decoder;
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
        loop {
            let reply = ready!(call.poll_reply(cx));
            let Some(out) = call.peer.outbound() else {
                return Poll::Ready(Err(failure::<M>(reply, None)));
            };
            return Poll::Ready(match reply {
                Reply::Opened => continue,
                Reply::Response(body) => response::<M>(body, &**out).map_err(Into::into),
                other => Err(failure::<M>(other, Some(&**out))),
            });
        }
    }
}

impl<M: Message<Kind = Self>> Await<M> for Streaming {
    type Outcome = Result<ItemStream<M>, M::Failure>;

    fn poll(call: &mut Call<'_, M>, cx: &mut Context<'_>) -> Poll<Self::Outcome> {
        let reply = ready!(call.poll_reply(cx));
        let id = call.detach();
        Poll::Ready(ItemStream::open(call.peer, id, reply))
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
    read(body, out, M::INFO.name, M::decode_response)
}

/// Reads a reply that is not the one hoped for.
pub(super) fn failure<M: Message>(reply: Reply, out: Option<&dyn Outbound>) -> M::Failure {
    match (reply, out) {
        (Reply::Status(status), _) => status.into(),
        (Reply::Error(body), Some(out)) => {
            match read::<ErrorOf<M>>(body, out, M::INFO.name, M::decode_error) {
                Ok(error) => M::Failure::from_handler(error),
                Err(status) => status.into(),
            }
        }
        _ => Status::new(
            Code::BadRequest,
            format!(
                "`{}` was answered in another way than it asks for",
                M::INFO.name
            ),
        )
        .into(),
    }
}

fn read<T: 'static>(
    body: Body,
    out: &dyn Outbound,
    name: &str,
    decode: fn(Decoder<'_>) -> Result<T, crate::codec::CodecError>,
) -> Result<T, Status> {
    match body {
        Body::Encoded { format, bytes } => {
            let value = decode(Decoder::new(out.codecs(), format, &bytes));
            out.recycle(bytes);
            value.map_err(|error| {
                Status::new(Code::BadRequest, format!("the answer to `{name}`: {error}"))
            })
        }
        Body::Value(value) => value.downcast().map(|value| *value).map_err(|_| {
            Status::new(
                Code::SchemaMismatch,
                format!("the answer to `{name}` is of another type"),
            )
        }),
    }
}
