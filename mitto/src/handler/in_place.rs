//! A provider called directly: static dispatch, nothing encoded, nothing queued.

use std::future::Future;

use super::finish::Finish;
use super::local_stream::stream_in_place;
use super::run::Ended;
use crate::context::Parts;
use crate::job::{Answer, Watched};
use crate::message::{Message, OneWay, Streaming, Unary};
use crate::peer::{Await, Peer};
use crate::status::Status;

/// How a handler is called by whoever has its provider `S`; written by `#[mitto::handler]`.
pub trait CallInPlace<S, M, O>: 'static {
    /// What is noticed of the handler while it runs.
    fn watched() -> &'static Watched;

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
