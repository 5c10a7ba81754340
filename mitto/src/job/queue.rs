use super::{Answer, Job, Run};
use crate::schema::Descriptor;
use crate::status::Status;

/// Takes requests: runs them here, or sends them to whoever does.
///
/// Implement it to put something of your own between connections and handlers. A queue that answers
/// later keeps the answer, and a copy of the job: [`OwnedJob`](super::OwnedJob). Where the handler runs
/// in another task or process, [`Answer::in_parts`] is its way back: of the two halves the `Answer` is
/// for the worker, whose provider uses it up, and the [`AnswerParts`](super::AnswerParts) are what
/// comes out of it, for [`Answer::forward`] on the caller's answer.
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
///
/// A queue whose handlers run in a worker. Here that is another task. To another process the job's
/// fields are sent; there `in_parts` is called, the parts are sent back as they come, and `forward`
/// takes them here.
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
/// use mitto::codec::Codecs;
/// use mitto::job::{Answer, Job, OwnedJob, Run};
/// use mitto::queue::Queue;
/// use mitto::{Limits, MessageProvider, Peer, Status};
/// use tokio::sync::mpsc;
///
/// /// What the worker gets.
/// struct Task {
///     job: OwnedJob,
///     caller: Peer,
///     codecs: Codecs,
///     answer: Answer, // the worker's half of `in_parts`
/// }
///
/// struct ToWorker {
///     tasks: mpsc::Sender<Task>,
///     limits: Limits,
/// }
///
/// impl Queue for ToWorker {
///     fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
///         let owned = match OwnedJob::copy(&job, self.limits.message) {
///             Ok(owned) => owned,
///             Err(status) => {
///                 answer.fail(status);
///                 return Run::done();
///             }
///         };
///         let (back, parts) = Answer::in_parts(owned.format, job.codecs, &self.limits);
///         let (caller, codecs) = (job.caller.clone(), job.codecs.clone());
///         let task = Task { job: owned, caller, codecs, answer: back };
///         if self.tasks.try_send(task).is_err() {
///             answer.fail(Status::unavailable("no worker is free"));
///             return Run::done();
///         }
///         // Dropped when the caller gives up, and the parts with it: that cancels the worker's half.
///         Run::new(answer.forward(parts))
///     }
/// }
///
/// async fn work(provider: impl MessageProvider, mut tasks: mpsc::Receiver<Task>) {
///     while let Some(Task { job, caller, codecs, answer }) = tasks.recv().await {
///         let cancelled = answer.cancellation();
///         let run = provider.dispatch(job.lend(&caller, &codecs), answer);
///         tokio::spawn(async move { cancelled.run_until_cancelled(run).await });
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (tasks, received) = mpsc::channel(64);
/// tokio::spawn(work(HelloServer, received));
///
/// let queue = ToWorker { tasks, limits: Limits::default() };
/// let client = HelloClient::local(Hello::gateway(queue));
/// assert_eq!(client.greet(Greet { name: "Ada".into() }).await?, "Hello, Ada!");
/// # Ok(())
/// # }
/// ```
pub trait Queue: Send + Sync + 'static {
    /// Takes one request. What is left to do comes back as a [`Run`], which the caller polls.
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run;

    /// Whether it can take requests now. A [`Router`](crate::router) asks before it hands one on, and goes to
    /// another place if there is one.
    ///
    /// # Errors
    ///
    /// Why it cannot.
    fn ready(&self) -> Result<(), Status> {
        Ok(())
    }

    /// Told by a gateway before the first request: which messages there are, for a queue that sends names.
    fn prepare(&self, schema: &'static Descriptor) {
        let _ = schema;
    }
}
