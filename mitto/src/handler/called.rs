//! The future of an async handler, and what becomes of its result.
//!
//! In a file of its own, like everything that depends on a handler's fn: the compiler puts such code
//! together by module, and compiles a module's again after each edit of any handler.

use std::any::Any;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::finish::Finish;
use super::run::Ended;
use crate::job::{Answer, Place};
use crate::message::Message;

pin_project! {
    /// A place for the futures of one handler.
    pub(super) struct Called<F, M> {
        #[pin]
        call: Option<F>,
        message: PhantomData<fn() -> M>,
    }
}

impl<F, M> Called<F, M>
where
    F: Future<Output = Ended<M>> + Send + 'static,
    M: Message<Kind: Finish>,
{
    pub(super) fn place(call: Option<F>) -> Pin<Box<dyn Place>> {
        Box::pin(Self {
            call,
            message: PhantomData,
        })
    }
}

impl<F, M> Place for Called<F, M>
where
    F: Future<Output = Ended<M>> + Send + 'static,
    M: Message<Kind: Finish>,
{
    fn poll(self: Pin<&mut Self>, answer: &mut Option<Answer>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let Some(call) = this.call.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        let Poll::Ready(Ended(outcome)) = call.poll(cx) else {
            return Poll::Pending;
        };
        this.call.set(None);
        if let Some(answer) = answer.take() {
            <M::Kind as Finish>::finish::<M>(answer, outcome);
        }
        Poll::Ready(())
    }

    fn clear(self: Pin<&mut Self>) {
        self.project().call.set(None);
    }

    fn fill(self: Pin<&mut Self>, from: &mut dyn Any) -> bool {
        match from.downcast_mut::<Option<F>>() {
            Some(from) => {
                self.project().call.set(from.take());
                true
            }
            None => false,
        }
    }
}
