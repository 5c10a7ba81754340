use std::fmt;
use std::iter::FusedIterator;
use std::pin::Pin;

use futures_core::Stream;

use super::wait::{driven, refuse_async};
use crate::runtime::RuntimeHandle;

/// The items of a stream as an iterator, which waits for each of them. Dropping it cancels the request.
#[must_use = "dropping it cancels the request"]
pub struct Iter<S> {
    stream: S,
    runtime: Option<RuntimeHandle>,
    ended: bool,
}

/// Any stream as an iterator, such as that of [`Call::resume`](crate::Call::resume).
///
/// # Panics
///
/// `next` panics on a thread that runs async tasks.
pub fn iter<S: Stream + Unpin>(stream: S) -> Iter<S> {
    Iter::of(stream, None)
}

impl<S> Iter<S> {
    pub(super) fn of(stream: S, runtime: Option<RuntimeHandle>) -> Self {
        Self {
            stream,
            runtime,
            ended: false,
        }
    }

    /// The stream, to be taken from without waiting.
    pub fn into_stream(self) -> S {
        self.stream
    }
}

impl<S: Stream + Unpin> Iterator for Iter<S> {
    type Item = S::Item;

    #[track_caller]
    fn next(&mut self) -> Option<S::Item> {
        if self.ended {
            return None;
        }
        refuse_async();
        let _entered = self.runtime.as_ref().map(RuntimeHandle::enter);
        let stream = &mut self.stream;
        let item = driven(std::future::poll_fn(|cx| {
            Pin::new(&mut *stream).poll_next(cx)
        }));
        self.ended = item.is_none();
        item
    }
}

impl<S: Stream + Unpin> FusedIterator for Iter<S> {}

impl<S: fmt::Debug> fmt::Debug for Iter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Iter").field(&self.stream).finish()
    }
}
