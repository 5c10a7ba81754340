use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use tokio::sync::oneshot;

use super::iter::Iter;
use super::park;
use crate::message::{Message, OneWay, Streaming, Unary};
use crate::peer::{Await, Call, ItemStream, Outcome};
use crate::runtime::RuntimeHandle;
use crate::status::Status;

/// What waiting for a call of `M` gives: the same as awaiting it, and for a stream an iterator instead of
/// a stream.
pub type Waited<M> = <<M as Message>::Kind as Waits<M>>::Waited;

/// A kind of message whose calls can be waited for.
pub trait Waits<M: Message>: Await<M> {
    /// See [`Waited`].
    type Waited;

    /// Makes it of what awaiting gives.
    #[doc(hidden)]
    fn waited(outcome: <Self as Await<M>>::Outcome, runtime: Option<RuntimeHandle>)
    -> Self::Waited;
}

impl<M: Message<Kind = Self>> Waits<M> for Unary {
    type Waited = Result<M::Response, M::Failure>;

    fn waited(outcome: Outcome<M>, _: Option<RuntimeHandle>) -> Self::Waited {
        outcome
    }
}

impl<M: Message<Kind = Self>> Waits<M> for Streaming {
    type Waited = Result<Iter<ItemStream<M>>, M::Failure>;

    fn waited(outcome: Outcome<M>, runtime: Option<RuntimeHandle>) -> Self::Waited {
        outcome.map(|items| Iter::of(items, runtime))
    }
}

impl<M: Message<Kind = Self>> Waits<M> for OneWay {
    type Waited = Result<(), Status>;

    fn waited(outcome: Outcome<M>, _: Option<RuntimeHandle>) -> Self::Waited {
        outcome
    }
}

impl<M: Message> Call<'_, M>
where
    M::Kind: Waits<M>,
{
    /// Sends the message and waits for its outcome; needs the feature `blocking`.
    ///
    /// # Panics
    ///
    /// On a thread that runs async tasks, where it would hold up the others, or wait for ever.
    #[track_caller]
    pub fn wait(self) -> Waited<M> {
        refuse_async();
        let runtime = self.runtime();
        let outcome = {
            // Handlers of a provider in this process run here, and may need timers.
            let _entered = runtime.as_ref().map(RuntimeHandle::enter);
            driven(self)
        };
        <M::Kind as Waits<M>>::waited(outcome, runtime)
    }
}

/// Waits for any future, such as [`Peer::closed`](crate::Peer::closed).
///
/// It is polled on this thread, outside of any runtime: one that needs timers or sockets of tokio does not
/// belong here.
///
/// # Panics
///
/// On a thread that runs async tasks.
///
/// # Examples
///
/// ```
/// # use mitto::Peer;
/// # fn end(peer: &Peer) {
/// peer.close();
/// mitto::blocking::wait(peer.closed());
/// # }
/// ```
#[track_caller]
pub fn wait<F: Future>(future: F) -> F::Output {
    refuse_async();
    driven(future)
}

pub(super) fn driven<F: Future>(future: F) -> F::Output {
    park::until(pin!(future), None).expect("without a time it waits for the outcome")
}

/// Panics on a thread that runs async tasks.
#[track_caller]
pub(super) fn refuse_async() {
    if RuntimeHandle::try_current().is_err() {
        return;
    }
    assert!(
        !runs_tasks(),
        "waiting on a thread that runs async tasks: use `.await` here; where that cannot be, wait within \
         `tokio::task::spawn_blocking`, or make it a `#[handler(blocking)]`"
    );
    // A task without a budget was not seen. Tokio knows, and panics here with words of its own.
    let (answer, waits) = oneshot::channel::<()>();
    drop(answer);
    let _ = waits.blocking_recv();
}

/// Whether an async task is being run. It has a budget, which can be used up; a thread for blocking work
/// has a handle to the runtime as well, but no budget.
fn runs_tasks() -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    (0..=u8::MAX).any(|_| {
        pin!(tokio::task::consume_budget())
            .poll(&mut cx)
            .is_pending()
    })
}
