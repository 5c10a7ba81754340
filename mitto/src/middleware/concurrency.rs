use std::sync::Arc;

use tokio::sync::Semaphore;

use super::{Answered, Middleware, Next, RequestHead};
use crate::status::{Code, Status};

/// Lets so many requests run at once; the others wait their turn, within their deadline, or are refused
/// with `Busy`. Clones share the places.
///
/// ```
/// use mitto::middleware::{ConcurrencyLimit, Middleware};
///
/// let at_most = ConcurrencyLimit::new(64); // or `.refusing()`
/// # fn is(_: impl Middleware) {}
/// # is(at_most);
/// ```
#[derive(Clone, Debug)]
pub struct ConcurrencyLimit {
    places: Arc<Semaphore>,
    refusing: bool,
}

impl ConcurrencyLimit {
    /// Lets `most` requests run at once; more than [`Semaphore::MAX_PERMITS`] are no limit.
    pub fn new(most: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            refusing: false,
        }
    }

    /// Refuses a request that would have to wait.
    pub fn refusing(mut self) -> Self {
        self.refusing = true;
        self
    }
}

#[diagnostic::do_not_recommend]
impl Middleware for ConcurrencyLimit {
    async fn handle(&self, head: RequestHead, next: Next) -> Result<Answered, Status> {
        let place = match self.refusing {
            true => self.places.try_acquire().ok(),
            false => self.places.acquire().await.ok(),
        };
        let Some(_place) = place else {
            return Err(Status::new(
                Code::Busy,
                "too many requests are running here",
            ));
        };
        next.run(head).await
    }
}
