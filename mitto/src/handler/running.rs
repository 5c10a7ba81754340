//! An async handler on its way to its answer.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Watched;
use super::run::{Ended, Finish};
use crate::job::Answer;
use crate::message::Message;

pin_project! {
    /// The future of one request: the handler's own, and what becomes of its result.
    pub(super) struct Running<F, M> {
        // `None` once it has finished or panicked.
        #[pin]
        call: Option<F>,
        answer: Option<Answer>,
        // Of a stream, until its first poll.
        opened: Option<Arc<AtomicBool>>,
        watched: &'static Watched,
        message: PhantomData<fn() -> M>,
    }

    impl<F, M> PinnedDrop for Running<F, M> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.call.is_some() {
                // A cancelled handler: what it owns may panic when dropped, which is its own affair.
                let watched: &Watched = this.watched;
                let _ = watched.guard(|| this.call.set(None));
            }
        }
    }
}

impl<F, M> Running<F, M> {
    pub(super) fn new(
        call: F,
        answer: Answer,
        opened: Option<Arc<AtomicBool>>,
        watched: &'static Watched,
    ) -> Self {
        Self {
            call: Some(call),
            answer: Some(answer),
            opened,
            watched,
            message: PhantomData,
        }
    }
}

impl<F, M> Future for Running<F, M>
where
    F: Future<Output = Ended<M>>,
    M: Message<Kind: Finish>,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let polled = this.watched.watch(|| {
            let Some(call) = this.call.as_mut().as_pin_mut() else {
                return Poll::Pending;
            };
            let outcome = call.poll(cx);
            if outcome.is_ready() {
                this.call.set(None);
            }
            outcome
        });
        match polled {
            Ok(Poll::Pending) => {
                if let (Some(opened), Some(answer)) = (this.opened.take(), &*this.answer)
                    && !opened.load(Ordering::Relaxed)
                {
                    answer.progress();
                }
                return Poll::Pending;
            }
            Ok(Poll::Ready(Ended(outcome))) => {
                if let Some(answer) = this.answer.take() {
                    <M::Kind as Finish>::finish::<M>(answer, outcome);
                }
            }
            Err(panicked) => {
                let _ = this.watched.guard(|| this.call.set(None));
                if let Some(answer) = this.answer.take() {
                    answer.fail(panicked);
                }
            }
        }
        Poll::Ready(())
    }
}
