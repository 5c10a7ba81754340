use std::time::Duration;

use super::{Answered, Middleware, Next, RequestHead};
use crate::status::Status;

/// Gives requests at most so long; a deadline that is nearer stays.
///
/// At a server it bounds what callers may ask for, at a client what this end waits for. Of a stream it is
/// the time until it begins; progress does not extend it at the server.
///
/// ```
/// use std::time::Duration;
///
/// use mitto::middleware::{Middleware, Timeout};
///
/// let timeout = Timeout::new(Duration::from_secs(5));
/// # fn is(_: impl Middleware) {}
/// # is(timeout);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Timeout {
    time: Duration,
}

impl Timeout {
    /// Gives at most `time`.
    pub fn new(time: Duration) -> Self {
        Self { time }
    }
}

#[diagnostic::do_not_recommend]
impl Middleware for Timeout {
    async fn handle(&self, mut head: RequestHead, next: Next) -> Result<Answered, Status> {
        head.shorten(self.time);
        next.run(head).await
    }
}
