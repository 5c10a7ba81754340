//! The queue that puts requests into a broker.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;

use super::endpoint::{Endpoint, Remote, Request, Sending, To};
use super::wire::decimal::{Decimal, joined};
use super::{Broker, BrokerError, Capabilities, Node, Task};
use crate::address::AddressError;
use crate::codec::Codecs;
use crate::envelope::{CorrelationId, MessageId};
use crate::in_flight::Patience;
use crate::job::{Answer, Job, Queue, Relay, Run};
use crate::limits::Limits;
use crate::message::{Encoded, MessageKind, Payload};
use crate::runtime::Instant;
use crate::schema::{Descriptor, Side};
use crate::status::{Code, Status};

/// A [`Queue`] that puts requests into the queue of their node at a broker, for any
/// [`Worker`](crate::worker::Worker) of that node. Clones share one line to the broker.
///
/// # Examples
///
/// A gateway and a worker in one process, with the broker of that process between them. With another
/// broker the two are processes of their own, and nothing else changes.
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
/// use mitto::queue::broker::Publisher;
/// use mitto::queue::broker::memory::Memory;
/// use mitto::{Server, Worker};
///
/// let broker = Memory::new();
/// let worker = Worker::new(HelloServer).consume(&broker).await?.spawn();
///
/// let gateway = Hello::gateway(Publisher::connect(&broker).await?);
/// let server = Server::new(gateway).listen("ws://127.0.0.1:0").await?.spawn();
///
/// let client = HelloClient::connect(server.url()).await?;
/// assert_eq!(client.greet(Greet { name: "Ada".into() }).await?, "Hello, Ada!");
///
/// worker.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Publisher {
    remote: Arc<Remote>,
    /// Where requests go that name no address; `None` for the node of the schema.
    node: Option<Node>,
    shared: Arc<Shared>,
}

struct Shared {
    known: OnceLock<Known>,
    /// What the ids of this end's tasks begin with.
    ids: String,
    next: AtomicU64,
}

/// The messages that are handed on.
struct Known {
    schema: &'static Descriptor,
    node: Result<Node, AddressError>,
    messages: BTreeMap<MessageId, KnownMessage>,
}

#[derive(Clone)]
struct KnownMessage {
    name: Arc<str>,
    kind: MessageKind,
    idempotent: bool,
}

/// What a request is kept for behind its deadline.
const GRACE: Duration = Duration::from_secs(1);

impl Publisher {
    /// Connects to a broker.
    ///
    /// # Errors
    ///
    /// When the broker refuses, or is not there and is not to be waited for.
    pub async fn connect(broker: &impl Broker) -> Result<Self, BrokerError> {
        Self::with_limits(broker, &Limits::default()).await
    }

    /// The same with other limits than the usual ones. Of them count
    /// [`message`](Limits::message), [`in_flight_process`](Limits::in_flight_process),
    /// [`stream_window`](Limits::stream_window), [`stream_idle`](Limits::stream_idle),
    /// [`timeout`](Limits::timeout), [`timeout_max`](Limits::timeout_max), [`topics`](Limits::topics),
    /// [`subscribers`](Limits::subscribers), those of metadata and, with RabbitMQ and MQTT,
    /// [`outbound`](Limits::outbound).
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn with_limits(broker: &impl Broker, limits: &Limits) -> Result<Self, BrokerError> {
        let codecs = Codecs::default();
        let endpoint = Endpoint::open(broker, "gateway", limits, codecs, None).await?;
        endpoint.expire_asked();
        Ok(Self {
            remote: Arc::new(Remote::workers(&endpoint)),
            node: None,
            shared: Arc::new(Shared {
                known: OnceLock::new(),
                ids: BASE64URL_NOPAD.encode(&rand::random::<[u8; 12]>()),
                next: AtomicU64::new(1),
            }),
        })
    }

    /// Sends requests that name no [address](crate::peer::Call::at) to the workers of this node,
    /// `application/node`, and not to those of the schema.
    ///
    /// # Errors
    ///
    /// When it is no name of a node.
    pub fn to_node(mut self, node: &str) -> Result<Self, BrokerError> {
        self.node = Some(Node::parse(node)?);
        Ok(self)
    }

    /// What the broker promises.
    pub fn capabilities(&self) -> Capabilities {
        self.remote.endpoint().capabilities
    }

    /// Whether there is a connection to the broker now.
    pub fn is_connected(&self) -> bool {
        let line = self.remote.endpoint().line();
        line.is_some_and(|line| line.is_connected())
    }

    fn begin(&self, job: Job<'_>, answer: &mut Option<Answer>) -> Result<Run, Status> {
        let known = self.shared.known.get().ok_or_else(no_schema)?;
        let message = known.messages.get(&job.message).ok_or_else(unknown)?;
        let node = match (job.address, &self.node, &known.node) {
            (Some(address), ..) => Node::of(address),
            (None, Some(node), _) | (None, None, Ok(node)) => node.clone(),
            (None, None, Err(error)) => return Err(Status::not_found(error.to_string())),
        };
        let (format, body) = match job.payload {
            Payload::Encoded { format, bytes } => {
                let mut encoded = Encoded { format, bytes };
                self.remote.encode(&mut encoded, None)?
            }
            Payload::Value(value) => self.remote.encode(value, None)?,
        };
        let endpoint = self.remote.endpoint();
        let mut task = Task::new(message.name.clone(), message.kind);
        task.id = self.id();
        task.idempotent = message.idempotent;
        task.deadline = job.deadline;
        task.address = job.address.map(Into::into);
        task.metadata = job.metadata.into();
        task.identity = job.identity.cloned();
        task.hops = job.hops;
        task.peer = endpoint.callers.number(endpoint, job.caller);
        let to = To::Node(node);
        if message.kind == MessageKind::Notification {
            let sending = self.remote.tell(&to, task, format, body)?;
            let answer = answer.take();
            let sending = async move {
                if let (Err(error), Some(answer)) = (sending.await, answer) {
                    answer.fail(error.into());
                }
            };
            // It goes on when its client leaves; until then the client's limits count it.
            return Ok(endpoint.run(sending));
        }
        let limits = &endpoint.limits;
        let now = job.submitted.unwrap_or_else(Instant::now);
        let timeout = job.deadline.map_or(limits.timeout, |deadline| {
            deadline.saturating_duration_since(now)
        });
        let request = Request {
            task,
            format,
            body,
            patience: Patience {
                // Whoever waits for the answer gives up first, and says so.
                timeout: timeout + GRACE,
                max: limits.timeout_max + GRACE,
                idle: limits.stream_idle.map(|idle| idle + GRACE),
            },
            answer: answer.as_ref().and_then(Answer::to),
            now,
        };
        let (id, sending) = self.remote.ask(&to, request)?;
        Ok(match answer.take() {
            Some(answer) => Run::new(Asking {
                remote: self.remote.clone(),
                id,
                sending: Some(sending),
                relay: Relay::new(self.remote.clone(), id, answer),
            }),
            None => Run::done(),
        })
    }

    /// A task's own id.
    fn id(&self) -> Arc<str> {
        let next = self.shared.next.fetch_add(1, Relaxed);
        let next = Decimal::of(next);
        joined(&[&self.shared.ids, "-", next.as_str()])
    }
}

/// A request on its way, and its answers on theirs.
struct Asking {
    remote: Arc<Remote>,
    id: CorrelationId,
    sending: Option<Sending>,
    relay: Relay,
}

impl Future for Asking {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if let Some(sending) = &mut this.sending
            && let Poll::Ready(sent) = sending.as_mut().poll(cx)
        {
            this.sending = None;
            if let Err(error) = sent {
                this.remote.unsent(this.id, error);
            }
        }
        Pin::new(&mut this.relay).poll(cx)
    }
}

impl Queue for Publisher {
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
        let mut answer = Some(answer);
        match self.begin(job, &mut answer) {
            Ok(run) => run,
            Err(status) => {
                if let Some(answer) = answer {
                    answer.fail(status);
                }
                Run::done()
            }
        }
    }

    fn prepare(&self, schema: &'static Descriptor) {
        let known = self.shared.known.get();
        if known.is_some_and(|known| std::ptr::eq(known.schema, schema)) {
            return;
        }
        let mut messages = BTreeMap::new();
        for message in schema.messages_to(Side::Server) {
            let known = KnownMessage {
                name: (*message.name).into(),
                kind: message.kind,
                idempotent: message.idempotent,
            };
            for was in message.was.iter() {
                messages.insert(MessageId::of_name(was), known.clone());
            }
            messages.insert(MessageId(message.id), known);
        }
        let callers = &self.remote.endpoint().callers;
        callers.set_messages(schema.messages_to(Side::Client));
        let node = Node::of_schema(&schema.name);
        if self
            .shared
            .known
            .set(Known {
                schema,
                node,
                messages,
            })
            .is_err()
        {
            tracing::error!(
                schema = &*schema.name,
                "a publisher hands on the requests of one schema: connect another one for this"
            );
        }
    }
}

#[cold]
fn no_schema() -> Status {
    let text = "the publisher knows no schema: hand it to `Schema::gateway`";
    Status::new(Code::Internal, text)
}

#[cold]
fn unknown() -> Status {
    Status::not_found("the message is not in the schema of the gateway")
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher")
            .field("node", &self.node)
            .field("connected", &self.is_connected())
            .finish_non_exhaustive()
    }
}
