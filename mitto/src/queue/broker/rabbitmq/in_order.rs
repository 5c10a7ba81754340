//! What is written to a connection, one after the other.

use std::collections::VecDeque;
use std::future::{Future, poll_fn, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Futures that are ready in the order in which they were begun.
pub(super) struct InOrder<T>(VecDeque<Pin<Box<dyn Future<Output = T> + Send>>>);

impl<T: Send + 'static> InOrder<T> {
    pub(super) fn new() -> Self {
        Self(VecDeque::new())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Begins one.
    pub(super) fn begin(
        &mut self,
        one: impl Future<Output = T> + Send + 'static,
        cx: &mut Context<'_>,
    ) {
        let mut one = Box::pin(one);
        // At once, so that the order is that of these calls.
        match one.as_mut().poll(cx) {
            Poll::Ready(done) => self.0.push_back(Box::pin(ready(done))),
            Poll::Pending => self.0.push_back(one),
        }
    }

    /// The next one that is ready; `None` when there are no more.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let Some(first) = self.0.front_mut() else {
            return Poll::Ready(None);
        };
        first.as_mut().poll(cx).map(|done| {
            self.0.pop_front();
            Some(done)
        })
    }

    /// Waits for it.
    pub(super) async fn next(&mut self) -> Option<T> {
        poll_fn(|cx| self.poll_next(cx)).await
    }
}
