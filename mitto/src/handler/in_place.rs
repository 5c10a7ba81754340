//! A provider called directly: static dispatch, nothing encoded, nothing queued.

use std::future::{Future, Ready, ready};

use super::finish::Finish;
use super::local_stream::stream_in_place;
use super::run::{Async, Ended, Plain};
use super::{Extracts, Handler};
use crate::context::Parts;
use crate::job::Answer;
use crate::message::{Message, OneWay, Streaming, Unary};
use crate::peer::{Await, Peer};
use crate::status::Status;

/// How a handler is called by whoever has its provider `S`; written by `#[mitto::handler]`.
pub trait CallInPlace<S, M, O>: Handler {
    /// Extracts the arguments and calls the handler.
    ///
    /// # Errors
    ///
    /// When an argument cannot be extracted.
    fn begin(
        state: &S,
        parts: &Parts<'_>,
        message: M,
    ) -> Result<impl Future<Output = O> + Send + 'static, Status>;
}

/// Calls a plain fn.
pub fn plain_in_place<S, H, M, A>(
    state: &S,
    parts: &Parts<'_>,
    message: M,
) -> Result<Ready<Ended<M>>, Status>
where
    H: Plain<M, A, Ended<M>>,
    M: Message,
    A: Extracts<S>,
{
    Ok(ready(H::call(A::extract(state, parts)?, message)))
}

/// Calls an async fn.
pub fn async_in_place<S, H, M, A>(
    state: &S,
    parts: &Parts<'_>,
    message: M,
) -> Result<impl Future<Output = Ended<M>> + Send + 'static + use<S, H, M, A>, Status>
where
    H: Async<M, A, Ended<M>>,
    M: Message,
    A: Extracts<S>,
{
    Ok(H::call(A::extract(state, parts)?, message))
}

/// A kind of message that a provider can be called with directly.
pub trait InPlace<M: Message>: Await<M> + Finish {
    /// Calls the handler `H`.
    fn call<S: Sync, H: CallInPlace<S, M, Ended<M>>>(
        state: &S,
        message: M,
    ) -> impl Future<Output = Self::Outcome> + Send;
}

impl<M: Message<Kind = Self>> InPlace<M> for Unary {
    async fn call<S: Sync, H: CallInPlace<S, M, Ended<M>>>(
        state: &S,
        message: M,
    ) -> Result<M::Response, M::Failure> {
        let begun = {
            let (peer, answer) = (Peer::nobody(), Answer::nobody());
            H::begin(state, &Parts::nobody(&peer, &answer), message)?
        };
        begun.await.0
    }
}

impl<M: Message<Kind = Self, Failure = Status>> InPlace<M> for OneWay {
    async fn call<S: Sync, H: CallInPlace<S, M, Ended<M>>>(
        state: &S,
        message: M,
    ) -> Result<(), Status> {
        let begun = {
            let (peer, answer) = (Peer::nobody(), Answer::nobody());
            H::begin(state, &Parts::nobody(&peer, &answer), message)?
        };
        begun.await.0
    }
}

impl<M: Message<Kind = Self>> InPlace<M> for Streaming {
    async fn call<S: Sync, H: CallInPlace<S, M, Ended<M>>>(state: &S, message: M) -> Self::Outcome {
        stream_in_place::<S, H, M>(state, message).await
    }
}
