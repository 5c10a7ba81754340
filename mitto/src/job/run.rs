//! A handler that runs, or has finished.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio_util::sync::ReusableBoxFuture;

use super::Pool;

/// What [`Queue::submit`](crate::queue::Queue::submit) gives back: nothing left to do, or a future
/// that its holder polls. Dropping it cancels the handler.
#[must_use = "dropping a run cancels its handler"]
#[derive(Default)]
pub struct Run {
    running: Option<Running>,
}

struct Running {
    future: ReusableBoxFuture<'static, ()>,
    /// Where in a pool the box belongs; `None` for one that is not kept.
    key: Option<usize>,
}

impl Run {
    /// Nothing left to do.
    pub fn done() -> Self {
        Self::default()
    }

    /// A future that answers as it goes.
    pub fn new(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self {
            running: Some(Running {
                future: ReusableBoxFuture::new(future),
                key: None,
            }),
        }
    }

    /// The same in a box from `pool`, if there is one; `key` tells one handler's boxes from another's.
    pub fn pooled(
        pool: Option<&mut Pool>,
        key: usize,
        future: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let Some(pool) = pool else {
            return Self::new(future);
        };
        Self {
            running: Some(Running {
                future: pool.fill(key, future),
                key: Some(key),
            }),
        }
    }

    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        self.running.is_none()
    }

    /// Polls it; when that finishes it, its box goes back to `pool`.
    pub fn poll_in(&mut self, pool: &mut Pool, cx: &mut Context<'_>) -> Poll<()> {
        let Some(running) = &mut self.running else {
            return Poll::Ready(());
        };
        std::task::ready!(running.future.poll(cx));
        if let Some(Running {
            future,
            key: Some(key),
        }) = self.running.take()
        {
            pool.keep(key, future);
        }
        Poll::Ready(())
    }
}

impl Future for Run {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(running) = &mut self.running else {
            return Poll::Ready(());
        };
        std::task::ready!(running.future.poll(cx));
        self.running = None;
        Poll::Ready(())
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_done() {
            "Run(done)"
        } else {
            "Run(pending)"
        })
    }
}
