use std::fmt;
use std::time::{Duration, Instant};

use super::{About, Answered, Middleware, Next, Outcome, RequestHead};
use crate::status::Status;

/// How a request ended, for those who only look on.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Ending<'a> {
    /// It came to its outcome.
    Outcome(&'a Outcome),
    /// A middleware further in refused it.
    Refused(&'a Status),
    /// Its caller gave it up, by dropping the call, by its deadline or with its connection; a middleware
    /// further out may do the same.
    Cancelled,
}

impl Ending<'_> {
    /// The ending as one of few words: as [`Outcome::label`], or `cancelled`.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Outcome(outcome) => outcome.label(),
            Self::Refused(status) => super::outcome::code(status.code()),
            Self::Cancelled => "cancelled",
        }
    }
}

/// Makes a [`Middleware`] that looks on: `f` is called once for each request, when it has ended, with the
/// time that it took.
///
/// ```
/// use mitto::middleware::{Ending, Middleware, observe};
///
/// let slow = observe(|about, ending, taken| {
///     if taken.as_millis() > 500 {
///         println!("{} took {taken:?} and ended with {}", about.name(), ending.label());
///     }
/// });
/// # fn is(_: impl Middleware) {}
/// # is(slow);
/// ```
pub fn observe<F>(f: F) -> Observe<F>
where
    F: Fn(&About, Ending<'_>, Duration) + Send + Sync + 'static,
{
    Observe(f)
}

/// What [`observe`] makes.
#[derive(Clone, Copy)]
pub struct Observe<F>(F);

#[diagnostic::do_not_recommend]
impl<F> Middleware for Observe<F>
where
    F: Fn(&About, Ending<'_>, Duration) + Send + Sync + 'static,
{
    async fn handle(&self, head: RequestHead, next: Next) -> Result<Answered, Status> {
        let watch = Watch::new(head.about().clone(), &self.0);
        watch.end(next.run(head).await)
    }
}

impl<F> fmt::Debug for Observe<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observe")
    }
}

/// Tells `f` of one request's end; dropped before, that it was cancelled.
pub(super) struct Watch<F: FnMut(&About, Ending<'_>, Duration)> {
    about: About,
    begun: Instant,
    f: Option<F>,
}

impl<F: FnMut(&About, Ending<'_>, Duration)> Watch<F> {
    pub(super) fn new(about: About, f: F) -> Self {
        Self {
            about,
            begun: Instant::now(),
            f: Some(f),
        }
    }

    pub(super) fn end(mut self, result: Result<Answered, Status>) -> Result<Answered, Status> {
        self.tell(match &result {
            Ok(answered) => Ending::Outcome(answered.outcome()),
            Err(status) => Ending::Refused(status),
        });
        result
    }

    fn tell(&mut self, ending: Ending<'_>) {
        if let Some(mut f) = self.f.take() {
            f(&self.about, ending, self.begun.elapsed());
        }
    }
}

impl<F: FnMut(&About, Ending<'_>, Duration)> Drop for Watch<F> {
    fn drop(&mut self) {
        self.tell(Ending::Cancelled);
    }
}
