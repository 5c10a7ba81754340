//! NATS, through `async-nats`: queue groups and request/reply, or JetStream work queues.
//!
//! ```
//! use mitto::queue::broker::nats::Nats;
//!
//! // Queue groups: nothing is kept, a task reaches a worker at most once.
//! let broker = Nats::new("nats://127.0.0.1:4222");
//!
//! // JetStream: tasks are kept on disk until a worker has settled them.
//! let broker = Nats::new("nats://127.0.0.1:4222").durable();
//! # let _ = broker;
//! ```
//!
//! All ends of one node are of one kind: a durable worker does not see the tasks of a gateway that is not.
//!
//! # What is promised
//!
//! | | `Nats::new` | `.durable()` |
//! | --- | --- | --- |
//! | a task is confirmed | no | when JetStream has stored it |
//! | its worker is gone | it is lost, its caller has `Timeout` | another worker has it after 5 s |
//! | nobody takes work | said at once, by "no responders" | said at once where no worker has ever been |
//! | dead letters | a log line | a stream of their own |
//! | an inbox is gone | said at once | said at once |
//! | a worker has as many tasks as it takes | 1,024 more or 64 MiB wait at it, the next is answered `Busy` | they wait in the stream |
//!
//! What ends an answer does not come back when its inbox is gone, as nothing runs any more that could be stopped.
//!
//! A durable worker that stops taking work waits for a request of up to a second that it has at JetStream; what comes
//! meanwhile it still takes.
//!
//! A durable worker says every third of the consumer's `ack_wait` that it still has what it works on, so that a long
//! handler is not taken for a dead one. What was delivered [`ATTEMPTS`](super::ATTEMPTS) times is not handed to
//! a handler again: it becomes a dead letter.
//!
//! # Subjects
//!
//! | subject | what |
//! | --- | --- |
//! | `mitto.<application>.<node>` | tasks; workers are the queue group `workers` |
//! | `mitto.inbox.<purpose>.<random>.<correlation>` | answers, and all else that is sent to an inbox |
//! | `mitto.workers.<application>.<node>` | what all workers of a node are told |
//! | `mitto.topic.all.<topic>` | messages to a topic; what is not `A-Z a-z 0-9 _ -` in its name is `=` and two hexadecimal digits for each byte |
//! | `mitto.dead.<application>.<node>` | dead letters, in the stream `MITTO_DEAD_<application>+<node>` |
//! | `mitto.pull.<random>` | where JetStream gives tasks to one worker |
//! | `mitto.claims.<application>.<node>.<number>.<stored>` | that a worker begins a task that is not idempotent, in the stream `MITTO_CLAIMS_<application>+<node>`, which keeps the last 16,384 |
//!
//!
//! Durable tasks are in the stream `MITTO_TASKS_<application>+<node>`, whose consumer is `workers`. Workers make the
//! streams that are not there, with one replica on disk. One that is there is used as it is, with the limits
//! and replicas that it has, if it can serve: retention `workqueue`, and a consumer with explicit acknowledgement.
//!
//! # Places
//!
//! Names and values travel as headers, as [`wire`](super::wire) lists them, with these differences:
//!
//! - what ends of mitto tell each other stands in subjects, as [a short head](super::wire#in-short), because headers cost
//!   more than all else of a message: that of a task which is not durable behind its reply subject and `.=`, that of
//!   what goes to an inbox behind its subject and `.~`. Identity, signature, metadata and what is long are headers
//!   there, too. Answers to other clients have headers only
//! - the correlation is the end of the reply subject, and of the subject of an answer, where it is made of
//!   `A-Z a-z 0-9 _ - : .`; else `mitto-correlation` has it
//! - the reply subject stands for `mitto-reply-to`. JetStream needs that for itself: a durable task has the header,
//!   with the same value
//! - a durable task that is idempotent has a `Nats-Msg-Id` of its own, by which the stream leaves it out when it is
//!   sent again within two minutes. That of another client, if there is no `mitto-id`, is the task's id
//! - `mitto-kind` is left out where it is `request` in a queue, and `response` in an inbox
//! - in values `%`, carriage return, line feed, and white space at an end are percent-encoded; in names
//!   `%` and `:`
//! - metadata of different names comes in any order.
//!
//! So any NATS client can ask: `nats req mitto.shop.orders '{"id": 7}' -H mitto-type:FindOrder`. A reply place is
//! believed if it is an inbox as above or begins with `_INBOX.`; a task with another one cannot be read.
//!
//! # Connection
//!
//! A line connects again by itself and has its subscriptions again. Meanwhile what is to be sent waits; what was sent
//! and not confirmed ends with [`SendError::Lost`](super::SendError::Lost), or is sent again with the same id if it
//! is durable and idempotent.

mod connect;
mod inbox;
mod jetstream;
mod line;
mod message;
mod outbox;
mod publish;
mod queue_group;
mod shared;
mod subject;
mod taking;
mod url;
mod waiting;
mod work;

use std::fmt;
use std::sync::Arc;

use super::{
    Broker, BrokerError, Capabilities, DeadLettering, Key, Later, Line, Opening, Receiver,
    Redelivers,
};
use crate::transport::tls::TlsClient;

/// A NATS server, or a cluster of them.
#[derive(Clone)]
pub struct Nats {
    url: String,
    durable: bool,
    token: Option<String>,
    user_password: Option<(String, String)>,
    tls: TlsClient,
    key: Option<Key>,
    fail_fast: bool,
}

impl Nats {
    /// At `nats://` or `tls://host:port`, several with commas between them. The port is 4222 where there is none.
    /// `user:password@` or `token@` before the first host say who connects.
    ///
    /// Nothing is kept: see [`durable`](Self::durable).
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            durable: false,
            token: None,
            user_password: None,
            tls: TlsClient::new(),
            key: None,
            fail_fast: false,
        }
    }

    /// Keeps tasks in JetStream until a worker has settled them. The server has to have it enabled.
    pub fn durable(mut self) -> Self {
        self.durable = true;
        self
    }

    /// Connects with a token, rather than with what the URL says.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Connects as a user, rather than with what the URL says.
    pub fn user_password(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.user_password = Some((user.into(), password.into()));
        self
    }

    /// Whom to trust where the connection is encrypted, and what to show: the public authorities unless it
    /// is said here. It is encrypted if the URL has `tls://` or the server asks for it.
    pub fn tls(mut self, tls: TlsClient) -> Self {
        self.tls = tls;
        self
    }

    /// Signs the identities of callers, and believes those that are signed with the same key. Without it every
    /// caller is anonymous to a worker, as NATS does not say who has sent a message.
    pub fn key(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }

    /// Gives up when the server is not there at first, rather than to wait for it. Once there was a
    /// connection it is always waited for.
    pub fn fail_fast(mut self) -> Self {
        self.fail_fast = true;
        self
    }
}

impl Broker for Nats {
    fn capabilities(&self) -> Capabilities {
        let (redelivers, dead_letters) = match self.durable {
            true => (Redelivers::ToAnyWorker, DeadLettering::All),
            false => (Redelivers::Never, DeadLettering::Nothing),
        };
        Capabilities {
            confirms: self.durable,
            keeps: self.durable,
            redelivers,
            dead_letters,
            knows_absence: true,
            knows_inboxes: true,
        }
    }

    fn open(
        &self,
        opening: Opening,
        receiver: Arc<dyn Receiver>,
    ) -> Later<Result<Arc<dyn Line>, BrokerError>> {
        let nats = self.clone();
        Box::pin(async move {
            let line = line::NatsLine::open(nats, opening, receiver).await?;
            Ok(Arc::new(line) as Arc<dyn Line>)
        })
    }
}

/// Without token and passwords.
impl fmt::Debug for Nats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nats")
            .field("url", &url::without_password(&self.url))
            .field("durable", &self.durable)
            .field("key", &self.key)
            .field("fail_fast", &self.fail_fast)
            .finish_non_exhaustive()
    }
}
