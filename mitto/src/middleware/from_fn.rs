use std::fmt;
use std::future::Future;

use super::{Answered, Middleware, Next, RequestHead};
use crate::status::Status;

/// Makes a [`Middleware`] of a closure or an async fn.
///
/// ```
/// use mitto::Status;
/// use mitto::middleware::{Answered, Middleware, Next, RequestHead, from_fn};
///
/// // A closure that takes a new clone of what it needs for each request.
/// let key: std::sync::Arc<str> = "4711".into();
/// let keyed = from_fn(move |mut head, next| {
///     let key = key.clone();
///     async move {
///         head.metadata_mut().insert("key", &*key);
///         next.run(head).await
///     }
/// });
///
/// async fn timed(head: RequestHead, next: Next) -> Result<Answered, Status> {
///     let begun = std::time::Instant::now();
///     let answered = next.run(head).await?;
///     println!("{} took {:?}", answered.about().name(), begun.elapsed());
///     Ok(answered)
/// }
/// # fn both(_: impl Middleware, _: impl Middleware) {}
/// # both(keyed, from_fn(timed));
/// ```
pub fn from_fn<F, Fut>(f: F) -> FromFn<F>
where
    F: Fn(RequestHead, Next) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Answered, Status>> + Send + 'static,
{
    FromFn(f)
}

/// What [`from_fn`] makes.
#[derive(Clone, Copy)]
pub struct FromFn<F>(F);

#[diagnostic::do_not_recommend]
impl<F, Fut> Middleware for FromFn<F>
where
    F: Fn(RequestHead, Next) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Answered, Status>> + Send + 'static,
{
    fn handle(
        &self,
        head: RequestHead,
        next: Next,
    ) -> impl Future<Output = Result<Answered, Status>> + Send {
        (self.0)(head, next)
    }
}

impl<F> fmt::Debug for FromFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FromFn")
    }
}
