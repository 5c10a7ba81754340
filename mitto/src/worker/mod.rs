//! Takes requests from a broker, and runs them.
//!
//! A [`Worker`] is made of a provider, as a [`Server`](crate::Server) is; what it takes work with is
//! [`Working`], which runs until it is shut down.
//!
//! | | |
//! | --- | --- |
//! | [`Worker`] | the provider, the nodes whose work is taken, how much at once |
//! | [`Working`] | connected to a [broker](crate::queue::broker); works while it runs |
//! | [`Handle`] | pauses it, resumes it, shuts it down |
//! | [`Store`], [`MemoryStore`] | remember what was run, so that nothing is run twice: [`Worker::deduplicate`] |
//!
//! The guide says [what becomes of requests](crate::guide::delivery#behind-a-broker) when a worker, a gateway or a
//! broker is lost.

mod handle;
mod intake;
mod names;
#[cfg(feature = "signals")]
mod signals;
mod store;
mod working;

use std::fmt;
use std::sync::Arc;

pub use handle::Handle;
pub use store::{KnownTask, MemoryStore, Store};
pub use working::Working;

use crate::built_in::{BuiltIn, BuiltIns};
#[cfg(feature = "custom-codecs")]
use crate::codec::Codec;
use crate::codec::Codecs;
use crate::limits::Limits;
use crate::middleware::{Incoming, Known, Middleware, Outgoing, Stack};
use crate::provider::MessageProvider;
use crate::queue::PassThrough;
use crate::queue::broker::{Broker, BrokerError, Endpoint, Node};
use crate::schema::Side;
use intake::Intake;
use names::Names;

/// A worker that takes no work yet.
///
/// [`Publisher`](crate::queue::broker::Publisher) has an example.
#[must_use = "a worker does nothing until it consumes"]
pub struct Worker {
    provider: Arc<dyn MessageProvider>,
    built_ins: BuiltIns,
    limits: Limits,
    #[cfg(feature = "custom-codecs")]
    codecs: Vec<Arc<dyn Codec>>,
    incoming: Stack,
    outgoing: Stack,
    nodes: Vec<String>,
    concurrency: u16,
    store: Option<Arc<dyn Store>>,
}

impl Worker {
    /// A worker of `provider`: the one that a server would have.
    pub fn new(provider: impl MessageProvider) -> Self {
        Self {
            provider: Arc::new(provider),
            built_ins: BuiltIns::default(),
            limits: Limits::default(),
            #[cfg(feature = "custom-codecs")]
            codecs: Vec::new(),
            incoming: Stack::new(),
            outgoing: Stack::new(),
            nodes: Vec::new(),
            concurrency: 64,
            store: None,
        }
    }

    /// Takes the work of this node, `application/node`, and of others that are named so; without it that
    /// of its schema, `mitto/Chat`.
    pub fn node(mut self, node: impl Into<String>) -> Self {
        self.nodes.push(node.into());
        self
    }

    /// Runs at most so many requests and notifications of each node at once: 64, at least 1. No more
    /// are taken from the broker, so that none waits here while another worker is idle.
    pub fn concurrency(mut self, most: u16) -> Self {
        self.concurrency = most.max(1);
        self
    }

    /// Runs no task twice that the store knows, by the ids of tasks. All workers of a node need one and
    /// the same store.
    pub fn deduplicate(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Sets the limits. Of them count [`message`](Limits::message),
    /// [`stream_window`](Limits::stream_window), [`stream_idle`](Limits::stream_idle),
    /// [`timeout_max`](Limits::timeout_max), [`drain`](Limits::drain) and those of metadata; for what its handlers
    /// ask of clients [`timeout`](Limits::timeout) and [`in_flight_process`](Limits::in_flight_process); with RabbitMQ
    /// and MQTT [`outbound`](Limits::outbound).
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Adds a format of your own; needs the feature `custom-codecs`.
    #[cfg(feature = "custom-codecs")]
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.codecs.push(Arc::new(codec));
        self
    }

    /// Puts a [middleware](crate::middleware) around the requests, inside of those that are there.
    pub fn middleware(mut self, middleware: impl Middleware) -> Self {
        self.incoming.push(middleware);
        self
    }

    /// Puts a [middleware](crate::middleware) around the requests that handlers make of clients, inside of
    /// those that are there.
    pub fn outgoing(mut self, middleware: impl Middleware) -> Self {
        self.outgoing.push(middleware);
        self
    }

    /// Switches a built-in request off: it is answered `NotFound`.
    pub fn without(mut self, built_in: BuiltIn) -> Self {
        self.built_ins.switch_off(built_in);
        self
    }

    /// Connects to a broker, and makes the queues that are not there. Work is taken once the result
    /// [runs](Working::run).
    ///
    /// # Errors
    ///
    /// When a node's name is none, two codecs have one format, or the broker refuses, or is not there and
    /// is not to be waited for.
    pub async fn consume(self, broker: &impl Broker) -> Result<Working, BrokerError> {
        #[cfg(feature = "custom-codecs")]
        let codecs = Codecs::new(self.codecs)
            .map_err(|error| BrokerError::Unsupported(error.to_string()))?;
        #[cfg(not(feature = "custom-codecs"))]
        let codecs = Codecs::default();
        let schema = self.provider.descriptor();
        let nodes = match self.nodes.is_empty() {
            true => vec![Node::of_schema(&schema.name)?],
            false => self
                .nodes
                .iter()
                .map(|node| Node::parse(node))
                .collect::<Result<_, _>>()?,
        };
        let names = Names::of(schema, self.provider.side());
        let known = |side| Known::new(schema, side).and(BuiltIn::MESSAGES);
        let (incoming, outgoing) = (known(Side::Server), known(Side::Client));
        let outgoing = Outgoing::new(self.outgoing, outgoing, &self.limits);
        let provider = Arc::new(PassThrough::new(self.provider, self.built_ins));
        let queue = outgoing.around_callers(provider);
        let queue = Incoming::around(self.incoming, incoming, self.limits.message, queue);
        let intake = Arc::new(Intake::new(queue, names, self.store));
        let endpoint = Endpoint::open(broker, "worker", &self.limits, codecs, Some(intake)).await?;
        let working = Working::new(endpoint, nodes, self.concurrency);
        // The queues are there from now on, and what is sent to them is kept.
        working.prepare().await?;
        Ok(working)
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("schema", &self.provider.descriptor().name)
            .field("nodes", &self.nodes)
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}
