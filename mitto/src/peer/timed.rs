//! A call that also tells when its handler ran.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use super::{Await, Call};
use crate::envelope::{TIMING, Timing};
use crate::message::{Message, Unary};

/// What came back, and when the handler ran, by the clock of the other end.
///
/// The handler starts when the whole request is there, and ends when what it came to is about to be
/// encoded: what is between belongs to it, its middleware and the decoding of its message. The two
/// are `None` where nobody says them: the other end is older or of another make, or the outcome was
/// made on the way, such as a deadline that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timed<T> {
    /// What came back.
    pub value: T,
    /// When the handler started.
    pub started: Option<SystemTime>,
    /// When the handler ended.
    pub ended: Option<SystemTime>,
}

impl<T> Timed<T> {
    fn new(value: T, timing: Option<Timing>) -> Self {
        Self {
            value,
            started: timing.and_then(|timing| timing.started()),
            ended: timing.and_then(|timing| timing.ended()),
        }
    }

    /// How long the handler took.
    pub fn took(&self) -> Option<Duration> {
        self.ended?.duration_since(self.started?).ok()
    }
}

/// A [`Call`] whose answer comes with the times of its handler: see [`Call::timed`].
#[must_use = "a call does nothing until it is awaited"]
pub struct TimedCall<'p, M>(Call<'p, M>);

impl<'p, M: Message<Kind = Unary>> Call<'p, M> {
    /// Asks the other end when the handler started and ended.
    ///
    /// It is asked by the metadata `mitto-timing`, and answers so in the metadata of the outcome.
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
    /// let client = HelloClient::local(HelloServer);
    /// let greeting = client.greet(Greet { name: "Ada".into() }).timed().await?;
    /// assert_eq!(greeting.value, "Hello, Ada!");
    /// assert!(greeting.started <= greeting.ended);
    /// println!("the handler took {:?}", greeting.took());
    /// # Ok(())
    /// # }
    /// ```
    pub fn timed(self) -> TimedCall<'p, M> {
        TimedCall(self.metadata(TIMING, "1"))
    }
}

impl<M: Message<Kind = Unary>> TimedCall<'_, M> {
    /// Gives the times of a failure as well: `call.timed().outcome().await`.
    pub async fn outcome(mut self) -> Timed<Result<M::Response, M::Failure>> {
        let value = poll_fn(|cx| Unary::poll(&mut self.0, cx)).await;
        Timed::new(value, self.0.timing())
    }
}

impl<M: Message<Kind = Unary>> Future for TimedCall<'_, M> {
    type Output = Result<Timed<M::Response>, M::Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = ready!(Unary::poll(&mut self.0, cx));
        Poll::Ready(outcome.map(|value| Timed::new(value, self.0.timing())))
    }
}

impl<M: Message> fmt::Debug for TimedCall<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TimedCall").field(&self.0).finish()
    }
}
