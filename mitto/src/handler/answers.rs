//! What a handler may return.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::{Ended, Items, OutcomeOf};
use crate::message::{Failure, IsMessage, Streaming};
use crate::status::{CallError, Status};

/// A type that a handler may return: the response `R`, or a `Result` of it.
///
/// `E` is the error that the message declares, or `Status`; `O` is what the caller gets; `Via` tells
/// the ways apart and is inferred. All are parameters so that the error text can name them.
#[diagnostic::on_unimplemented(
    message = "this handler must return `{R}` or `Result<{R}, {E}>`, not `{Self}` [mitto::E251]",
    label = "expected `{R}`"
)]
pub trait Answers<R, E, O, Via> {
    /// What the caller gets.
    fn outcome(self) -> O;
}

/// The response itself.
#[derive(Debug)]
pub struct ViaResponse;
/// A result with the declared error.
#[derive(Debug)]
pub struct ViaDeclared;
/// A result with the failure that the caller gets.
#[derive(Debug)]
pub struct ViaFailure;
/// A result with a status, where another error is declared.
#[derive(Debug)]
pub struct ViaStatus;

#[diagnostic::do_not_recommend]
impl<R, E, F> Answers<R, E, Result<R, F>, ViaResponse> for R {
    fn outcome(self) -> Result<R, F> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl<R, E, F: Failure<Declared = E>> Answers<R, E, Result<R, F>, ViaDeclared> for Result<R, E> {
    fn outcome(self) -> Result<R, F> {
        self.map_err(F::declared)
    }
}

#[diagnostic::do_not_recommend]
impl<R, E> Answers<R, E, Result<R, CallError<E>>, ViaFailure> for Result<R, CallError<E>> {
    fn outcome(self) -> Self {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<R, E> Answers<R, E, Result<R, CallError<E>>, ViaStatus> for Result<R, Status> {
    fn outcome(self) -> Result<R, CallError<E>> {
        self.map_err(CallError::Status)
    }
}

/// [`Items`] of the type that a message of kind `K` streams.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not fit the message of this handler: it is `{K}` with `{R}` [mitto::E252]",
    label = "these are not the items of the message",
    note = "`#[request(stream = T)]` goes with `Items<T>`; any other message is answered by what its \
            handler returns"
)]
pub trait Feeds<K, R> {
    /// Checks just that.
    const FITS: () = ();
}

#[diagnostic::do_not_recommend]
impl<R> Feeds<Streaming, R> for Items<R> {}

pin_project! {
    /// A handler's future whose output is turned into what the caller gets.
    pub struct Answered<F, T, M: IsMessage> {
        #[pin]
        call: F,
        outcome: fn(T) -> OutcomeOf<M::As>,
    }
}

/// Turns the output of a handler's future into what its caller gets.
pub fn answered<F: Future<Output = T>, T, M: IsMessage>(
    call: F,
    outcome: fn(T) -> OutcomeOf<M::As>,
) -> Answered<F, T, M> {
    Answered { call, outcome }
}

impl<F: Future<Output = T>, T, M: IsMessage> Future for Answered<F, T, M> {
    type Output = Ended<M>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<M>> {
        let this = self.project();
        let returned = ready!(this.call.poll(cx));
        Poll::Ready(Ended((this.outcome)(returned)))
    }
}
