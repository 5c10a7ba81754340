//! RabbitMQ, 3.10 and later.
//!
//! ```no_run
//! # use mitto::{Request, handler, provider};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Serialize, Deserialize, Request)]
//! # #[request(response = String)]
//! # struct Greet { name: String }
//! # mitto::schema! { Hello { client => server as HelloClient: [Greet] } }
//! # #[provider(server of Hello: [greet])]
//! # struct HelloServer;
//! # #[handler]
//! # fn greet(req: Greet) -> String { format!("Hello, {}!", req.name) }
//! use mitto::queue::broker::rabbitmq::RabbitMq;
//! use mitto::queue::broker::Publisher;
//! use mitto::{Server, Worker};
//!
//! # async fn gateway() -> Result<(), Box<dyn std::error::Error>> {
//! // The gateway, with its own user:
//! let broker = RabbitMq::new("amqp://gateway:secret@rabbit:5672/%2f");
//! let gateway = Hello::gateway(Publisher::connect(&broker).await?);
//! Server::new(gateway).listen("ws://0.0.0.0:8080").await?.run().await;
//! # Ok(())
//! # }
//! # async fn worker() -> Result<(), Box<dyn std::error::Error>> {
//! // As many workers as are needed. They believe the gateway who its clients are:
//! let broker = RabbitMq::new("amqp://worker:secret@rabbit:5672/%2f").gateway_users(["gateway"]);
//! Worker::new(HelloServer).consume(&broker).await?.run().await?;
//! # Ok(())
//! # }
//! ```
//!
//! [The guide](crate::guide::brokers#rabbitmq) says what is made at the broker, and how a plain AMQP client
//! takes part, as a caller or as a worker.
//!
//! # What comes where
//!
//! [`RabbitMq`] is what a user has; a line of it is two tasks, each with a connection of its own, because
//! RabbitMQ stops reading from connections that publish when it is short of memory:
//!
//! - the publisher sends tasks on a channel with confirms and all else on one without
//! - the consumer has a channel for the inbox and one for each node that it takes work from.
//!
//! A connection that is lost is dropped with all that belongs to it, made again with growing pauses, without
//! end, and everything is declared anew.

mod buried;
mod common;
mod consumed;
mod consumer;
mod flight;
mod in_order;
mod inbox;
mod letters;
mod line;
mod link;
mod names;
mod outgoing;
mod parts;
mod properties;
mod publisher;
mod topology;
mod url;
mod work;
mod writes;

use std::fmt;
use std::sync::Arc;

use line::RabbitLine;
use properties::Trusted;
use topology::Kind;
use url::Url;

use super::{
    Broker, BrokerError, Capabilities, DeadLettering, Key, Later, Line, Opening, Receiver,
    Redelivers,
};

/// A RabbitMQ server or cluster.
///
/// The queues of nodes are quorum queues, and so are those of their dead letters. All queues and exchanges
/// are durable; their names begin with `mitto.`, which is what the user needs rights for, beside writing to
/// the default exchange.
#[derive(Clone)]
pub struct RabbitMq {
    url: Result<Url, BrokerError>,
    authorities: Option<String>,
    kind: Kind,
    fails_fast: bool,
    trusted: Trusted,
}

impl RabbitMq {
    /// At `amqp://user:password@host:port/vhost`, or `amqps://..` with TLS, which trusts the public
    /// authorities. What is left out is `guest`, `localhost`, 5672 or 5671, and the virtual host `/`; a
    /// sign in a name is written as in `%2f` for `/`. Behind it may be `?heartbeat=` with seconds, else 10,
    /// `frame_max=` with bytes and `auth_mechanism=`.
    ///
    /// A URL that is wrong is an error when it is used.
    pub fn new(url: impl AsRef<str>) -> Self {
        Self {
            url: Url::parse(url.as_ref()),
            authorities: None,
            kind: Kind::Quorum,
            fails_fast: false,
            trusted: Trusted::default(),
        }
    }

    /// Classic queues instead of quorum queues: on one server of a cluster, and faster. They know no limit
    /// of deliveries, so a task that kills its workers is delivered again and again.
    ///
    /// A queue that is there already stays what it is, and is refused when it is of the other kind.
    pub fn classic(mut self) -> Self {
        self.kind = Kind::Classic;
        self
    }

    /// Fails when the broker is not there at the start. Without this it is waited for, with a line in the
    /// log for each attempt. A connection that is lost later is made again in either case.
    pub fn fail_fast(mut self) -> Self {
        self.fails_fast = true;
        self
    }

    /// For `amqps://`: also trusts these authorities, certificates in PEM.
    pub fn authorities(mut self, pem: impl Into<String>) -> Self {
        self.authorities
            .get_or_insert_default()
            .push_str(&pem.into());
        self
    }

    /// Believes the identities in tasks that these users of RabbitMQ have sent, the gateways'. RabbitMQ
    /// checks who has sent what. Without this, and without a [`key`](Self::key), callers are anonymous.
    ///
    /// A user that may also be used by others than gateways must not be named here.
    pub fn gateway_users(mut self, users: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.trusted.users.extend(users.into_iter().map(Into::into));
        self
    }

    /// Signs the identities in tasks that are sent, and believes those that are signed, whoever has sent
    /// them: for gateways and workers that share one user of RabbitMQ.
    pub fn key(mut self, key: Key) -> Self {
        self.trusted.key = Some(key);
        self
    }
}

impl Broker for RabbitMq {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            confirms: true,
            keeps: true,
            redelivers: Redelivers::ToAnyWorker,
            dead_letters: match self.kind {
                Kind::Quorum => DeadLettering::All,
                Kind::Classic => DeadLettering::Unreadable,
            },
            knows_absence: true,
            knows_inboxes: true,
        }
    }

    fn open(
        &self,
        opening: Opening,
        receiver: Arc<dyn Receiver>,
    ) -> Later<Result<Arc<dyn Line>, BrokerError>> {
        let opened = RabbitLine::open(self.clone(), opening, receiver);
        Box::pin(async move { Ok(Arc::new(opened.await?) as Arc<dyn Line>) })
    }
}

/// Without the password.
impl fmt::Debug for RabbitMq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url.as_ref().map(|url| &url.shown);
        f.debug_struct("RabbitMq")
            .field("url", &url)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
