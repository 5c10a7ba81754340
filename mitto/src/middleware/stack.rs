//! Several middleware, one around the other.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::{Answered, Middleware, Next, RequestHead};
use crate::panics::catch;
use crate::status::{Code, Status};

/// A middleware that works on one request.
pub(super) type Handling = Pin<Box<dyn Future<Output = Result<Answered, Status>> + Send>>;

/// A [`Middleware`] of any type.
pub(super) trait Erased: Send + Sync {
    fn start(self: Arc<Self>, head: RequestHead, next: Next) -> Handling;
}

impl<M: Middleware> Erased for M {
    fn start(self: Arc<Self>, head: RequestHead, next: Next) -> Handling {
        Box::pin(async move { self.handle(head, next).await })
    }
}

/// Several middleware: the first that is added is the outermost, which sees a request first and its
/// outcome last. Clones are cheap.
#[derive(Clone, Default)]
pub struct Stack {
    /// `None` where there are none, which costs nothing.
    all: Option<Arc<Vec<Arc<dyn Erased>>>>,
}

impl Stack {
    /// No middleware.
    pub const fn new() -> Self {
        Self { all: None }
    }

    /// Adds one inside of those that are there.
    pub fn push(&mut self, middleware: impl Middleware) {
        let all = self.all.get_or_insert_default();
        Arc::make_mut(all).push(Arc::new(middleware));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.as_ref().map_or(0, |all| all.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn get(&self, at: usize) -> Option<Arc<dyn Erased>> {
        self.all.as_ref()?.get(at).cloned()
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stack({})", self.len())
    }
}

/// Polls the outermost middleware of a request; one that panics has refused it.
pub(super) fn poll(
    handling: &mut Handling,
    cx: &mut Context<'_>,
) -> Poll<Result<Answered, Status>> {
    match guard(|| handling.as_mut().poll(cx)) {
        Ok(polled) => polled,
        Err(status) => Poll::Ready(Err(status)),
    }
}

/// Runs a part of a middleware. What it leaves half done when it panics is its own state.
pub(super) fn guard<T>(part: impl FnOnce() -> T) -> Result<T, Status> {
    catch(part).map_err(|panicked| {
        tracing::error!(panic = %panicked.text(), "a middleware panicked");
        Status::new(Code::Internal, "a middleware panicked")
    })
}
