use std::fmt;

use super::{Answered, Middleware, Next, RequestHead};
use crate::status::Status;

/// Makes a [`Middleware`] that refuses what `check` refuses. Put it before the others: what is refused
/// goes no further in.
///
/// `check` must not block. The built-in requests, such as `mitto-ping`, are checked as well.
///
/// ```
/// use mitto::Status;
/// use mitto::middleware::{Middleware, require};
///
/// let keyed = require(|head| match head.metadata().get("key") {
///     Some("4711") => Ok(()),
///     _ => Err(Status::denied("say the right `key` in the metadata")),
/// });
/// # fn is(_: impl Middleware) {}
/// # is(keyed);
/// ```
pub fn require<F>(check: F) -> Require<F>
where
    F: Fn(&RequestHead) -> Result<(), Status> + Send + Sync + 'static,
{
    Require(check)
}

/// Makes a [`Middleware`] that refuses, with `Denied`, whoever has no identity.
///
/// What single messages require is said with them: `#[request(requires = "..")]`. This is for a server
/// that lets anonymous connections in, and keeps most of them out of what it does.
pub fn authenticated() -> Require<Check> {
    Require(|head| match head.identity() {
        Some(_) => Ok(()),
        None => Err(Status::denied("only for callers with an identity")),
    })
}

/// A check that keeps nothing.
pub type Check = fn(&RequestHead) -> Result<(), Status>;

/// What [`require`] makes.
#[derive(Clone, Copy)]
pub struct Require<F>(F);

#[diagnostic::do_not_recommend]
impl<F> Middleware for Require<F>
where
    F: Fn(&RequestHead) -> Result<(), Status> + Send + Sync + 'static,
{
    async fn handle(&self, head: RequestHead, next: Next) -> Result<Answered, Status> {
        (self.0)(&head)?;
        next.run(head).await
    }
}

impl<F> fmt::Debug for Require<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Require")
    }
}
