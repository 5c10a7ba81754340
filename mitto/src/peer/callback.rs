//! Calls whose outcome goes to a callback.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::task::JoinHandle;

use super::{Await, Call, Outcome};
use crate::message::{Message, Streaming};
use crate::panics::catch;
use crate::runtime::RuntimeHandle;

impl<M: Message> Call<'_, M>
where
    M::Kind: Await<M>,
{
    /// Sends the message now, and gives the outcome to `callback`: for callers that do not wait, in async
    /// code and elsewhere.
    ///
    /// The callback runs in a task of the runtime that the connection runs in, so it must not block. It
    /// is called once; not at all when the call is [cancelled](CallHandle::cancel) or the runtime ends
    /// before. A panic in it is logged and harms nothing else. Until then the call keeps the connection
    /// open, as a clone of the peer does.
    ///
    /// # Panics
    ///
    /// For a peer in this process that was not made in a tokio runtime, outside of one.
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
    /// # async fn main() {
    /// let client = HelloClient::local(HelloServer);
    /// let call = client.greet(Greet { name: "Ada".into() }).then(|outcome| match outcome {
    ///     Ok(greeting) => println!("{greeting}"),
    ///     Err(status) => eprintln!("no greeting: {status}"),
    /// });
    /// call.finished().await; // if it is to be waited for; otherwise drop it
    /// # }
    /// ```
    pub fn then(mut self, callback: impl FnOnce(Outcome<M>) + Send + 'static) -> CallHandle {
        let runtime = self.runtime_for_tasks();
        let (peer, message, progress) = self.take();
        let mut call = Box::pin(async move { Call::resumed(&peer, message, progress).await });
        let first = poll_now(&runtime, call.as_mut());
        CallHandle::of(runtime.spawn(async move {
            let outcome = match first {
                Poll::Ready(outcome) => outcome,
                Poll::Pending => call.as_mut().await,
            };
            contain(M::INFO.name, || callback(outcome));
        }))
    }

    fn runtime_for_tasks(&self) -> RuntimeHandle {
        self.runtime().unwrap_or_else(RuntimeHandle::current)
    }
}

impl<M: Message<Kind = Streaming>> Call<'_, M> {
    /// Sends the request now, and gives each item to `callback`, in order: the next one is taken when it
    /// has returned.
    ///
    /// An error is the last that it is given; the end of the stream is seen by
    /// [`CallHandle::finished`]. Everything else is as with [`then`](Self::then); after a panic in the
    /// callback the request is cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mitto::{Items, Request, Status, handler, provider};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize, Request)]
    /// # #[request(stream = u32)]
    /// # struct CountTo { n: u32 }
    /// # mitto::schema! { Counting { client => server as CountingClient: [CountTo] } }
    /// # #[provider(server of Counting: [count_to])]
    /// # struct CountingServer;
    /// # #[handler]
    /// # async fn count_to(items: Items<u32>, req: CountTo) -> Result<(), Status> {
    /// #     for n in 1..=req.n {
    /// #         items.send(n).await?;
    /// #     }
    /// #     Ok(())
    /// # }
    /// # #[tokio::main]
    /// # async fn main() {
    /// let client = CountingClient::local(CountingServer);
    /// let counting = client.count_to(CountTo { n: 3 }).each(|n| println!("{n:?}"));
    /// counting.finished().await;
    /// # }
    /// ```
    pub fn each(
        mut self,
        mut callback: impl FnMut(Result<M::Response, M::Failure>) + Send + 'static,
    ) -> CallHandle {
        let runtime = self.runtime_for_tasks();
        let (peer, message, progress) = self.take();
        let mut call = Box::pin(async move { Call::resumed(&peer, message, progress).await });
        let first = poll_now(&runtime, call.as_mut());
        CallHandle::of(runtime.spawn(async move {
            let opened = match first {
                Poll::Ready(opened) => opened,
                Poll::Pending => call.as_mut().await,
            };
            // It would keep the connection open.
            drop(call);
            let mut items = match opened {
                Ok(items) => items,
                Err(failure) => {
                    contain(M::INFO.name, || callback(Err(failure)));
                    return;
                }
            };
            while let Some(item) = poll_fn(|cx| items.poll_item(cx)).await {
                if !contain(M::INFO.name, || callback(item)) {
                    break;
                }
                // Items that are there already must not keep the connection's own task waiting.
                tokio::task::consume_budget().await;
            }
        }))
    }
}

/// A call that goes on by itself: from [`Call::then`] and [`Call::each`].
///
/// Dropping it leaves the call alone.
pub struct CallHandle {
    task: JoinHandle<()>,
}

impl CallHandle {
    fn of(task: JoinHandle<()>) -> Self {
        Self { task }
    }

    /// Gives the request up, and tells the other end. A callback that runs now runs to its end; it is
    /// not called any more.
    pub fn cancel(&self) {
        self.task.abort();
    }

    /// Whether the callback will not be called any more: the call has ended, or was cancelled.
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }

    /// Waits until the callback will not be called any more.
    pub async fn finished(self) {
        // An error says that it was cancelled, or that dropping the callback panicked.
        let _ = self.task.await;
    }
}

impl fmt::Debug for CallHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallHandle")
            .field("finished", &self.is_finished())
            .finish()
    }
}

/// Polls once where the caller is, so that calls are sent in the order in which they are made. The task
/// polls again, with a waker of its own.
fn poll_now<F: Future>(runtime: &RuntimeHandle, call: Pin<&mut F>) -> Poll<F::Output> {
    let _entered = runtime.enter();
    call.poll(&mut Context::from_waker(Waker::noop()))
}

/// Runs a callback, and says whether it has returned.
fn contain(name: &str, callback: impl FnOnce()) -> bool {
    let outcome = catch(callback);
    if let Err(panic) = &outcome {
        tracing::error!(message = name, panic = %panic.text(), "a callback panicked");
    }
    outcome.is_ok()
}
