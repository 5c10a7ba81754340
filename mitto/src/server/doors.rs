//! Where a server that runs is listening.

use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use crate::transport::{Incoming, Listener};

/// The listeners of a server that runs. A shutdown closes them itself, so that who has waited for it finds
/// the places free.
#[derive(Default)]
pub(super) struct Doors {
    listeners: Mutex<Vec<Box<dyn Listener>>>,
}

impl Doors {
    pub(super) fn open(&self, listeners: Vec<Box<dyn Listener>>) {
        *self.lock() = listeners;
    }

    pub(super) fn close(&self) {
        let closed = std::mem::take(&mut *self.lock());
        drop(closed);
    }

    /// Waits for the next connection at any of them; `None` when there are none any more.
    pub(super) async fn accept(&self) -> Option<Box<dyn Incoming>> {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    /// One that has ended for good is dropped.
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<Option<Box<dyn Incoming>>> {
        let mut listeners = self.lock();
        let mut accepted = None;
        listeners.retain_mut(|listener| {
            if accepted.is_some() {
                return true;
            }
            match listener.poll_accept(cx) {
                Poll::Pending => true,
                Poll::Ready(Ok(incoming)) => {
                    accepted = Some(incoming);
                    true
                }
                Poll::Ready(Err(error)) => {
                    tracing::error!(url = listener.url(), %error, "no longer listening");
                    false
                }
            }
        });
        match accepted {
            Some(incoming) => Poll::Ready(Some(incoming)),
            None if listeners.is_empty() => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Box<dyn Listener>>> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
