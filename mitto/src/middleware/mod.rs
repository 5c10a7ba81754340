//! What stands around requests, in both directions.
//!
//! A [`Middleware`] sees the head of a request, lets it go on, and sees how it ended: to refuse, to count,
//! to trace, to add metadata. It is put around
//!
//! | requests | at a server | at a client |
//! | --- | --- | --- |
//! | that come in | `Server::middleware` | `Builder::incoming` |
//! | that are made | `Server::outgoing` | `Builder::middleware` |
//!
//! Streams and notifications pass through as well. The first middleware that is added is the outermost:
//! it sees a request first, and its outcome last. Where there is none, a request costs nothing more.
//!
//! Before it comes the session, or a peer's call; after it the [queue](crate::queue), or the session.

mod concurrency;
#[cfg(feature = "metrics")]
mod counted;
mod departing;
mod from_fn;
mod gate;
mod head;
mod incoming;
mod known;
mod next;
mod observe;
mod outcome;
mod outgoing;
mod require;
mod seen;
mod stack;
mod timeout;
#[cfg(feature = "tower")]
mod tower;
mod traced;

use std::future::Future;

pub use concurrency::ConcurrencyLimit;
#[cfg(feature = "metrics")]
pub use counted::Metrics;
pub use from_fn::{FromFn, from_fn};
pub use head::{About, Direction, RequestHead};
pub use incoming::Incoming;
pub use known::Known;
pub use next::{Next, Running};
pub use observe::{Ending, Observe, observe};
pub use outcome::{Answered, Outcome};
pub use outgoing::Outgoing;
pub use require::{Check, Require, authenticated, require};
pub use stack::Stack;
pub use timeout::Timeout;
#[cfg(feature = "tower")]
pub use tower::{Onward, Passing, Tower};
pub use traced::Tracing;

use crate::status::Status;

/// Stands around requests.
///
/// `handle` is called for each request, with what is known of it and the rest of its way. It may await
/// before and after [`Next::run`]; a request that is refused by an error, or whose `next` is dropped, does
/// not go on.
///
/// - Its future is dropped when the caller gives up: what must happen then belongs into a guard's `Drop`,
///   or see [`observe`].
/// - What a handler answers goes out at once. What comes after `run` does not hold it up, and cannot take
///   it back. Only a failure that is a [`Status`] waits, and becomes another one if `handle` returns an
///   error.
/// - At the caller the reply waits until `handle` has ended, and an error replaces it.
/// - Where it awaits something before a request that has come in goes on, the request is copied.
/// - A panic ends the request with `Internal`.
///
/// A closure is one through [`from_fn`]; an `Option` of one is one, for those that are switched on at run
/// time.
///
/// # Examples
///
/// ```
/// # use mitto::{Request, handler, provider};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize, Request)]
/// # #[request(response = String)]
/// # struct Greet { name: String }
/// # mitto::schema! { Hello { client => server as HelloClient: [Greet] } }
/// # #[provider(server of Hello: [greet])]
/// # struct HelloServer;
/// # #[handler]
/// # fn greet(req: Greet) -> String { format!("Hello, {}!", req.name) }
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use mitto::middleware::{Answered, Middleware, Next, RequestHead};
/// use mitto::transport::memory::Memory;
/// use mitto::{Code, Server, Status};
///
/// struct OpenFrom(u8);
///
/// impl Middleware for OpenFrom {
///     async fn handle(&self, head: RequestHead, next: Next) -> Result<Answered, Status> {
///         let hour = head.metadata().get("hour").and_then(|hour| hour.parse().ok());
///         if hour.unwrap_or(0) < self.0 {
///             return Err(Status::denied("still closed"));
///         }
///         let answered = next.run(head).await?;
///         println!("{} ended with {}", answered.about().name(), answered.outcome().label());
///         Ok(answered)
///     }
/// }
///
/// let memory = Memory::new();
/// let server = Server::new(HelloServer).middleware(OpenFrom(9)).transport(memory.clone());
/// let server = server.listen("memory://hello").await?.spawn();
///
/// let client = HelloClient::builder().transport(memory).connect("memory://hello").await?;
/// let greet = || client.greet(Greet { name: "Ada".into() });
/// assert_eq!(greet().metadata("hour", "8").await.unwrap_err().code(), Code::Denied);
/// assert_eq!(greet().metadata("hour", "9").await?, "Hello, Ada!");
/// # server.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a middleware [mitto::E505]",
    label = "not a middleware",
    note = "implement `Middleware`, or use `middleware::from_fn(|head, next| async move {{ next.run(head).await }})`"
)]
pub trait Middleware: Send + Sync + 'static {
    /// Handles one request.
    ///
    /// # Errors
    ///
    /// What the request is refused with.
    fn handle(
        &self,
        head: RequestHead,
        next: Next,
    ) -> impl Future<Output = Result<Answered, Status>> + Send;
}

/// `None` lets everything pass.
#[diagnostic::do_not_recommend]
impl<M: Middleware> Middleware for Option<M> {
    async fn handle(&self, head: RequestHead, next: Next) -> Result<Answered, Status> {
        match self {
            Some(middleware) => middleware.handle(head, next).await,
            None => next.run(head).await,
        }
    }
}

/// One middleware in several places.
#[diagnostic::do_not_recommend]
impl<M: Middleware> Middleware for std::sync::Arc<M> {
    async fn handle(&self, head: RequestHead, next: Next) -> Result<Answered, Status> {
        (**self).handle(head, next).await
    }
}
