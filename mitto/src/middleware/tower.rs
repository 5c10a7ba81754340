//! Layers of `tower` around requests.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

use super::{Answered, Middleware, Next, RequestHead, Running};
use crate::status::Status;

/// A layer of `tower` as a [`Middleware`]: the layer gets a service whose requests are [`Passing`] and
/// whose responses are [`Answered`]. Needs the feature `tower`.
///
/// For layers that look at neither: limits of rate and concurrency, load shedding, timeouts. The layer is
/// applied once, and the service that it makes is cloned for each request, so that clones must share
/// their state, as those of `tower` do.
///
/// An error of a layer that is a [`Status`] refuses the request with it; any other one becomes
/// `Unavailable`, unless [`errors`](Self::errors) says what else.
///
/// ```
/// # use mitto::middleware::Middleware;
/// use mitto::middleware::Tower;
///
/// // Such as `tower::limit::ConcurrencyLimitLayer::new(64)`.
/// # let layer = tower_layer::Identity::new();
/// let limited = Tower::new(layer);
/// # fn is(_: impl Middleware) {}
/// # is(limited);
/// ```
pub struct Tower<S> {
    /// Behind a lock as services need not be `Sync`; it is held for as long as a clone takes.
    service: Mutex<S>,
    errors: fn(&(dyn Error + 'static)) -> Option<Status>,
}

/// A request on its way through layers of `tower`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Passing {
    /// Everything but the message; a layer may change it.
    pub head: RequestHead,
    next: Next,
}

/// The innermost service: it lets the request go on.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Onward;

impl<S> Tower<S> {
    /// Applies a layer.
    pub fn new<L: Layer<Onward, Service = S>>(layer: L) -> Self {
        Self {
            service: Mutex::new(layer.layer(Onward)),
            errors: |_| None,
        }
    }

    /// Says what the errors of a layer, and their sources, are to callers: the first that is not `None`
    /// counts.
    pub fn errors(mut self, errors: fn(&(dyn Error + 'static)) -> Option<Status>) -> Self {
        self.errors = errors;
        self
    }

    fn status(&self, error: &(dyn Error + 'static)) -> Status {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(status) = error.downcast_ref::<Status>() {
                return status.clone();
            }
            if let Some(status) = (self.errors)(error) {
                return status;
            }
            cause = error.source();
        }
        Status::unavailable(error.to_string())
    }
}

#[diagnostic::do_not_recommend]
impl<S> Middleware for Tower<S>
where
    S: Service<Passing, Response = Answered> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>> + Send,
{
    async fn handle(&self, head: RequestHead, next: Next) -> Result<Answered, Status> {
        let service = self.service.lock();
        let mut service = service.unwrap_or_else(PoisonError::into_inner).clone();
        let ready = poll_fn(|cx| service.poll_ready(cx)).await;
        let answered = match ready {
            Ok(()) => service.call(Passing { head, next }).await,
            Err(error) => Err(error),
        };
        answered.map_err(|error| self.status(&*error.into()))
    }
}

impl Service<Passing> for Onward {
    type Response = Answered;
    type Error = Status;
    type Future = Running;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, passing: Passing) -> Running {
        passing.next.run(passing.head)
    }
}

impl<S> fmt::Debug for Tower<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tower")
    }
}
