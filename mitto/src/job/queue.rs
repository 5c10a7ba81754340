use super::{Answer, Job, Run};

/// Takes requests: runs them here, or sends them to whoever does.
///
/// Implement it to put something of your own between connections and handlers. A queue that answers
/// later keeps the answer, and a copy of the job: [`OwnedJob`](super::OwnedJob). Where the handler runs
/// in another task or process, [`Answer::in_parts`] is its way back to there, and
/// [`Answer::forward`] the way on to the caller.
///
/// # Examples
///
/// A queue that counts, and lets the provider run what it counted:
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
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use mitto::MessageProvider;
/// use mitto::job::{Answer, Job, Run};
/// use mitto::queue::Queue;
///
/// struct Counted<P> {
///     count: Arc<AtomicU64>,
///     provider: P,
/// }
///
/// impl<P: MessageProvider> Queue for Counted<P> {
///     fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
///         self.count.fetch_add(1, Ordering::Relaxed);
///         self.provider.dispatch(job, answer)
///     }
/// }
///
/// let count = Arc::new(AtomicU64::new(0));
/// let queue = Counted { count: count.clone(), provider: HelloServer };
/// let client = HelloClient::local(Hello::gateway(queue));
/// client.greet(Greet { name: "Ada".into() }).await?;
/// assert_eq!(count.load(Ordering::Relaxed), 1);
/// # Ok(())
/// # }
/// ```
pub trait Queue: Send + Sync + 'static {
    /// Takes one request. What is left to do comes back as a [`Run`], which the caller polls.
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run;
}
