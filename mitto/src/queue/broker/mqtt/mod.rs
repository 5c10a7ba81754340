//! MQTT 5: shared subscriptions, response topics and correlation data.
//!
//! ```
//! use std::time::Duration;
//!
//! use mitto::queue::broker::mqtt::Mqtt;
//!
//! // For gateways, and for workers of which there are as many as are needed.
//! let broker = Mqtt::new("mqtt://user:password@127.0.0.1");
//!
//! // For workers that the broker keeps tasks for while they are away.
//! let broker = Mqtt::new("mqtts://broker.example").session("orders-1", Duration::from_secs(3600));
//! # let _ = broker;
//! ```
//!
//! # What is promised
//!
//! MQTT has no queues: the broker gives each task to the session of one worker when it comes, and keeps it there.
//!
//! | | `Mqtt::new` | with a [`session`](Mqtt::session) |
//! | --- | --- | --- |
//! | a task is confirmed | when it is in the session of a worker (PUBACK) | the same |
//! | the connection of its worker is lost | the worker keeps what it has, and gets what came meanwhile | the same |
//! | its worker is gone | it is lost with the session, its caller has `ConnectionLost` or `Timeout` | the worker has it when it is back |
//! | a worker is paused, or shut down | its tasks go to other workers, or are answered `Unavailable` if there are none | they wait for it |
//! | nobody takes work | said at once (PUBACK reason 0x10) | said at once where no worker has ever been, and by mosquitto where none is back since it was started |
//! | dead letters | retained for 7 days, each at a topic of its own | the same |
//! | an inbox is gone | said at once (PUBACK reason 0x10) | the same |
//!
//! Not every broker says that nobody has subscribed: mosquitto, EMQX and HiveMQ do. A broker may hand on the tasks of
//! a session that has ended: mosquitto does not. One that does does not say so, and a task may be run there again
//! that must not, unless the workers share a store by which they
//! [de-duplicate](crate::worker::Worker::deduplicate).
//!
//! A broker confirms what it then drops when the session of a worker is full: 1,000 tasks wait in one of mosquitto
//! unless `max_queued_messages` says otherwise, 0 for any number. What it has confirmed outlives its own end if it
//! keeps sessions on disk: `persistence true` and `autosave_interval` there. One that is killed has them as they were on disk:
//! it gives tasks again that were acknowledged, and those of which it has forgotten that it gave them. A worker knows them
//! by their ids as long as it lives: what runs goes on, and the last 16,384 that it has run count as tasks that may have run.
//!
//! # Topics
//!
//! | topic | what |
//! | --- | --- |
//! | `mitto/tasks/<application>/<node>` | tasks; workers share `$share/workers/mitto/tasks/<application>/<node>` |
//! | `mitto/inbox/<purpose>/<random>` | answers, and all else that is sent to an inbox |
//! | `mitto/workers/<application>/<node>` | what all workers of a node are told |
//! | `mitto/topic/<topic>` | messages to a topic; what is not `A-Z a-z 0-9 _ -` in its name is `=` and two hexadecimal digits for each byte |
//! | `mitto/dead/<application>/<node>/<key>` | dead letters, retained |
//!
//! Everything is sent with QoS 1. Each line has a connection, whose session ends with it, and for each node that it
//! takes work from another one, whose session stays: for a minute, or as long as [`session`](Mqtt::session) says. The
//! Receive Maximum of that is how many tasks the worker takes at once, and a task is acknowledged when it is settled.
//!
//! # Places
//!
//! Names and values travel as user properties, as [`wire`](super::wire) lists them, with these differences:
//!
//! - Correlation Data is the correlation, in any bytes
//! - Response Topic stands for `mitto-reply-to`. It is believed if it begins with `mitto/inbox/`, and each part of
//!   what follows is made of `A-Z a-z 0-9 _ - . :`; a task with another one cannot be read
//! - Content Type stands for `content-type`
//! - a task has a Message Expiry Interval beside its `mitto-expires`, rounded up to seconds; one that has only that
//!   expires then
//! - `mitto-kind` is left out where it is `request` in a queue, and `response` in an inbox
//! - in names and values `%`, control characters and those that Unicode sets aside are percent-encoded
//! - a task that may have been begun before has `mitto-attempts`, a number; so has a dead letter, and `mitto-reason`.
//!
//! So any MQTT 5 client can ask: it subscribes to `mitto/inbox/<name>/<random>`, and publishes its request to
//! `mitto/tasks/shop/orders` with that as its response topic and the user property `mitto-type`.
//!
//! # Connection
//!
//! A line connects again by itself and has its subscriptions again. Meanwhile what is to be sent waits; what was sent
//! and not confirmed ends with [`SendError::Lost`](super::SendError::Lost), or is sent again with the same id if it
//! is idempotent. What is sent to an inbox meanwhile is lost.

mod connect;
mod connection;
mod dead;
mod held;
mod inbound;
mod line;
mod link;
mod message;
mod packets;
mod session;
mod shared;
mod subscriptions;
mod taking;
mod topic;
mod url;
mod work;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{
    Broker, BrokerError, Capabilities, DeadLettering, Key, Later, Line, Opening, Receiver,
    Redelivers,
};
use crate::transport::tls::TlsClient;

/// How long the tasks of a worker wait for its connection, if it has no session of its own.
const EXPIRY: Duration = Duration::from_secs(60);

/// A broker that speaks MQTT 5.
#[derive(Clone)]
pub struct Mqtt {
    url: String,
    session: Option<String>,
    session_expiry: Duration,
    names: session::Names,
    tls: TlsClient,
    key: Option<Key>,
    fail_fast: bool,
}

impl Mqtt {
    /// At `mqtt://` or `mqtts://host:port`, which is encrypted. The port is 1883, or 8883, where there is none.
    /// `user:password@` before the host says who connects.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            session: None,
            session_expiry: EXPIRY,
            names: session::Names::default(),
            tls: TlsClient::new(),
            key: None,
            fail_fast: false,
        }
    }

    /// Keeps the tasks of a worker while it is away, for so long, in whole seconds: those that it has not settled,
    /// and those that the broker gives to it meanwhile. It has them when a worker comes that has the same name.
    ///
    /// At any time one process only may have a name: the broker ends the connection of the other one. Several workers
    /// of one node that are made with clones of this in one process have sessions of their own, `name`, `name-2` and
    /// so on. Gateways have none.
    ///
    /// While it is away a worker still gets its share: choose this where each worker comes back soon.
    pub fn session(mut self, name: impl Into<String>, kept: Duration) -> Self {
        self.session = Some(name.into());
        self.session_expiry = kept;
        self
    }

    /// Whom to trust where the connection is encrypted, and what to show: the public authorities unless it
    /// is said here.
    pub fn tls(mut self, tls: TlsClient) -> Self {
        self.tls = tls;
        self
    }

    /// Signs the identities of callers, and believes those that are signed with the same key. Without it every
    /// caller is anonymous to a worker, as MQTT does not say who has sent a message.
    pub fn key(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }

    /// Gives up when the broker is not there at first, rather than to wait for it. Once there was a
    /// connection it is always waited for.
    pub fn fail_fast(mut self) -> Self {
        self.fail_fast = true;
        self
    }
}

impl Broker for Mqtt {
    fn capabilities(&self) -> Capabilities {
        let keeps = self.session.is_some();
        Capabilities {
            confirms: true,
            keeps,
            redelivers: match keeps {
                true => Redelivers::ToSameWorker,
                false => Redelivers::Never,
            },
            dead_letters: DeadLettering::Unreadable,
            knows_absence: true,
            knows_inboxes: true,
        }
    }

    fn open(
        &self,
        opening: Opening,
        receiver: Arc<dyn Receiver>,
    ) -> Later<Result<Arc<dyn Line>, BrokerError>> {
        let mqtt = self.clone();
        Box::pin(async move {
            let line = line::MqttLine::open(mqtt, opening, receiver).await?;
            Ok(Arc::new(line) as Arc<dyn Line>)
        })
    }
}

/// Without the password.
impl fmt::Debug for Mqtt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mqtt")
            .field("url", &url::without_password(&self.url))
            .field("session", &self.session)
            .field("key", &self.key)
            .field("fail_fast", &self.fail_fast)
            .finish_non_exhaustive()
    }
}
