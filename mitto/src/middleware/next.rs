//! The rest of the way: the middleware further in, and then the request itself.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::head::Changes;
use super::stack::Handling;
use super::{About, Answered, Direction, Outcome, RequestHead, Stack};
use crate::message::MessageKind;
use crate::runtime::{Sleep, sleep_until};
use crate::status::{Code, Status};

/// The rest of the way of one request. Dropped without [`run`](Self::run), the request goes nowhere.
#[must_use = "a request whose `next` is not run goes nowhere"]
pub struct Next {
    stack: Stack,
    at: usize,
}

impl Next {
    pub(super) fn new(stack: Stack) -> Self {
        Self { stack, at: 0 }
    }

    /// Lets the request go on, and waits until it has ended.
    ///
    /// An outcome that is a failure is `Ok` as well: [`Answered::outcome`] tells. Dropping the future
    /// cancels the request.
    ///
    /// # Errors
    ///
    /// What a middleware further in has refused the request with, or a
    /// [`Timeout`](crate::Code::Timeout) after [`RequestHead::shorten`].
    pub fn run(mut self, head: RequestHead) -> Running {
        Running(match self.stack.get(self.at) {
            Some(middleware) => {
                self.at += 1;
                Way::Further(middleware.start(head, self))
            }
            None => {
                let (about, changes) = head.into_parts();
                Way::Request(Waiting {
                    about,
                    changes: Some(changes),
                    timer: None,
                    asked: false,
                })
            }
        })
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next")
            .field("left", &(self.stack.len() - self.at))
            .finish()
    }
}

/// The future of [`Next::run`].
#[must_use = "a request goes on when this is awaited, and is cancelled when it is dropped"]
pub struct Running(Way);

enum Way {
    Further(Handling),
    Request(Waiting),
}

/// Asks for the request to go on, then waits for its outcome.
struct Waiting {
    about: About,
    changes: Option<Changes>,
    /// Of an incoming request whose deadline was shortened; outgoing ones are sent with theirs.
    timer: Option<Pin<Box<Sleep>>>,
    /// Until the outcome is there.
    asked: bool,
}

impl Future for Running {
    type Output = Result<Answered, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Way::Further(handling) => handling.as_mut().poll(cx),
            Way::Request(waiting) => waiting.poll(cx),
        }
    }
}

impl Running {
    /// The same as the future of a middleware. Called where there is one, it allocates nothing.
    pub(super) fn into_handling(self) -> Handling {
        match self.0 {
            Way::Further(handling) => handling,
            Way::Request(_) => Box::pin(self),
        }
    }
}

impl Waiting {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Answered, Status>> {
        if let Some(changes) = self.changes.take() {
            let facts = self.about.facts();
            if facts.direction == Direction::Incoming && changes.deadline != facts.deadline {
                let timer = |deadline| Box::pin(sleep_until(deadline));
                self.timer = changes.deadline.map(timer);
            }
            self.asked = true;
            self.about.gate().ask(changes);
        }
        if let Poll::Ready(outcome) = self.about.gate().poll_outcome(cx) {
            self.asked = false;
            return Poll::Ready(Ok(Answered::new(self.about.clone(), outcome)));
        }
        let Some(timer) = &mut self.timer else {
            return Poll::Pending;
        };
        if timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.timer = None;
        if self.about.kind() == MessageKind::Stream && self.about.has_begun() {
            return Poll::Pending;
        }
        self.leave();
        let late = "the deadline passed before the answer was there";
        Poll::Ready(Err(Status::new(Code::Timeout, late)))
    }

    fn leave(&mut self) {
        if std::mem::take(&mut self.asked) {
            self.about.gate().leave();
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.leave();
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Running")
    }
}

/// How the request ends for its caller when every middleware has ended.
pub(super) fn last_word(result: Result<Answered, Status>) -> Option<Status> {
    match result {
        Ok(answered) => match answered.into_outcome() {
            Outcome::Status(status) => Some(status),
            _ => None,
        },
        Err(status) => Some(status),
    }
}
