//! Requests through a broker: the same handlers, as many workers as are needed.
//!
//! A [`Publisher`] is a [`Queue`](super::Queue): it puts requests into the queue of a node. A
//! [`Worker`](crate::worker::Worker) takes them out and runs them with the same provider. Between them
//! stands a [`Broker`], which is one of
//!
//! - [`memory`], in this process, with everything that a broker can promise
//! - `rabbitmq`, `nats` and `mqtt`, each behind its feature; [`by_url`] picks one
//! - one of your own.
//!
//! | | |
//! | --- | --- |
//! | [`Capabilities`] | what a broker promises, as data; [the guide](crate::guide::delivery#behind-a-broker) has it in words |
//! | [`DeadLetters`] | what could not be handled, to be looked at and put back |
//! | [`Key`] | a secret by which workers believe gateways who asks |
//! | [`Topics::over`](crate::Topics::over) | topics that all servers and gateways at a broker share |
//! | [`wire`] | names and values of what travels, for programs that know nothing of mitto |
//!
//! # The seam
//!
//! A [`Broker`] is a description; [`open`](Broker::open) makes a [`Line`] of it, one end's connection,
//! which connects again by itself. Everything that travels is a [`Parcel`]. Tasks go to the queue of a
//! [`Node`] and are kept there until a worker has settled them; everything else goes straight to an
//! inbox, which each line has one of, at most once.

mod by_url;
mod capabilities;
mod dead_letters;
mod endpoint;
mod error;
#[cfg(any(feature = "nats", feature = "rabbitmq"))]
mod gather;
pub mod memory;
#[cfg(feature = "mqtt")]
pub mod mqtt;
#[cfg(feature = "nats")]
pub mod nats;
mod node;
mod parcel;
#[cfg(any(feature = "mqtt", feature = "nats"))]
mod percent;
mod publisher;
#[cfg(feature = "rabbitmq")]
pub mod rabbitmq;
#[cfg(any(feature = "nats", feature = "rabbitmq"))]
mod tags;
mod topics;
pub mod wire;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use by_url::by_url;
pub use capabilities::{Capabilities, DeadLettering, Redelivers};
pub use dead_letters::DeadLetters;
pub(crate) use endpoint::{Assignment, Endpoint, Record, Remote, TakesWork, Work, answer, refuse};
pub use error::{BrokerError, SendError};
pub use node::Node;
pub use parcel::{Parcel, ParcelKind, Task};
pub use publisher::Publisher;
pub use wire::{Foreign, Key};

use crate::limits::Limits;

/// How often a task is delivered before it becomes a dead letter, where the broker
/// [redelivers](Capabilities::redelivers) to any worker.
pub const ATTEMPTS: u32 = 5;

/// The most bytes of a parcel's correlation.
pub const MAX_CORRELATION: usize = 255;

/// The most bytes of a task's id.
pub const MAX_ID: usize = 255;

/// What will be ready later.
pub type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A kind of broker, with all that is needed to connect to one.
pub trait Broker: Send + Sync + 'static {
    /// What it promises.
    fn capabilities(&self) -> Capabilities;

    /// Opens a line with an inbox of its own. What comes in is given to `receiver`, until the line is
    /// closed or dropped.
    ///
    /// # Errors
    ///
    /// When the broker refuses, or is not there and is not to be waited for.
    fn open(
        &self,
        opening: Opening,
        receiver: Arc<dyn Receiver>,
    ) -> Later<Result<Arc<dyn Line>, BrokerError>>;
}

impl<B: Broker + ?Sized> Broker for Arc<B> {
    fn capabilities(&self) -> Capabilities {
        (**self).capabilities()
    }

    fn open(
        &self,
        opening: Opening,
        receiver: Arc<dyn Receiver>,
    ) -> Later<Result<Arc<dyn Line>, BrokerError>> {
        (**self).open(opening, receiver)
    }
}

/// What a line is opened with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Opening {
    /// What it is for, in names that people see in the broker: `gateway`, `worker`, `topics`, `dead-letters`.
    pub purpose: &'static str,
    /// Of these count `message`, `in_flight_process`, `outbound`, `metadata_*` and `timeout`.
    pub limits: Limits,
}

impl Opening {
    /// For `purpose`.
    pub fn new(purpose: &'static str, limits: &Limits) -> Self {
        Self {
            purpose,
            limits: limits.clone(),
        }
    }
}

/// One end's connection to a broker. It connects again by itself when the connection is lost, takes work
/// from the same nodes and keeps its inbox. Closed by [`close`](Self::close), or when it is dropped.
pub trait Line: Send + Sync + 'static {
    /// What is written into `reply_to`.
    fn inbox(&self) -> Arc<str>;

    /// Puts a task into the queue of `node`. Ready when the broker has it for good; where the broker
    /// [cannot say](Capabilities::confirms) that, when it was sent. While there is no connection it
    /// waits. Dropped before it is ready, it may have been sent.
    ///
    /// A connection that is lost before the broker has confirmed leaves it open whether the task is
    /// there. If it is `idempotent` it is sent again with the same id; if not this ends with
    /// [`SendError::Lost`].
    fn publish(&self, node: &Node, task: Parcel) -> Later<Result<(), SendError>>;

    /// Sends to an inbox, at most once. Ready when there is room for the next one, which is not when it
    /// has arrived: that an inbox is gone is told to [`Receiver::returned`], where the broker
    /// [knows](Capabilities::knows_inboxes). While there is no connection it waits.
    fn send(&self, inbox: &Arc<str>, parcel: Parcel) -> Later<Result<(), SendError>>;

    /// Sends to all workers of a node, at most once.
    fn tell_workers(&self, node: &Node, parcel: Parcel) -> Later<Result<(), SendError>>;

    /// Takes work from a node: never more than `most` tasks that are not settled. Called again it sets
    /// another number; 0 takes nothing more and keeps what is there.
    ///
    /// The queue is made if it is not there.
    fn take_work(&self, node: &Node, most: u16) -> Later<Result<(), BrokerError>>;

    /// Says what became of a delivery. That of a connection that was lost is ignored where the broker gives
    /// the task out again at once.
    fn settle(&self, tag: u64, settled: Settled);

    /// Listens to a topic, from when this is ready.
    fn listen(&self, topic: &str) -> Later<Result<(), SendError>>;

    /// Listens no more.
    fn unlisten(&self, topic: &str);

    /// Sends to all lines that listen to a topic, this one included, at most once.
    fn publish_to(&self, topic: &str, parcel: Parcel) -> Later<Result<(), SendError>>;

    /// The dead letters of a node, oldest first, `most` at most. They stay where they are.
    fn dead_letters(&self, node: &Node, most: usize)
    -> Later<Result<Vec<DeadLetter>, BrokerError>>;

    /// Puts a dead letter back into the queue of its node, as a task that was never delivered and has no
    /// deadline, which would mostly have passed. False when it is not there any more.
    fn put_back(&self, letter: &DeadLetter) -> Later<Result<bool, BrokerError>>;

    /// Whether there is a connection now.
    fn is_connected(&self) -> bool;

    /// Sends and settles what waits, then ends the connection. What is not settled is given out again.
    fn close(&self) -> Later<()>;
}

/// What a line gives what comes in to. It does not block.
pub trait Receiver: Send + Sync + 'static {
    /// A task to be worked on. It is settled with its tag.
    fn deliver(&self, delivery: Delivery);

    /// Something has come to the inbox.
    fn receive(&self, parcel: Parcel);

    /// Something was published to a topic that this line listens to.
    fn heard(&self, topic: &str, parcel: Parcel);

    /// A parcel that was sent to an inbox has come back: nobody is there any more. What ends an answer may be left out,
    /// as nothing runs any more that could be stopped.
    fn returned(&self, inbox: &str, parcel: Parcel);

    /// The connection was made, or is lost.
    fn connected(&self, connected: bool);
}

/// A task that a worker is given.
#[derive(Debug)]
#[non_exhaustive]
pub struct Delivery {
    /// What it is settled with.
    pub tag: u64,
    /// The node whose queue it was in.
    pub node: Node,
    /// 1 when it is delivered for the first time; more when another worker may have begun.
    pub attempt: u32,
    /// The task, or why it is none.
    pub parcel: Result<Parcel, Foreign>,
}

impl Delivery {
    /// A delivery.
    pub fn new(tag: u64, node: Node, attempt: u32, parcel: Result<Parcel, Foreign>) -> Self {
        Self {
            tag,
            node,
            attempt,
            parcel,
        }
    }
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is done with: answered, refused, or nobody wants it any more.
    Done,
    /// Another worker is to have it: this one has not begun.
    GiveBack,
    /// Nobody can handle it: it goes to the dead letters, for this reason.
    Dead(String),
}

/// A task that could not be handled, kept by the broker.
#[derive(Clone)]
#[non_exhaustive]
pub struct DeadLetter {
    /// What the broker's part finds it by.
    pub key: Arc<str>,
    /// The node it was for.
    pub node: Node,
    /// Why it is here.
    pub reason: String,
    /// How often it was delivered.
    pub attempts: u32,
    /// The task, or why it cannot be read.
    pub parcel: Result<Parcel, Foreign>,
}

impl DeadLetter {
    /// A dead letter.
    pub fn new(
        key: Arc<str>,
        node: Node,
        reason: String,
        attempts: u32,
        parcel: Result<Parcel, Foreign>,
    ) -> Self {
        Self {
            key,
            node,
            reason,
            attempts,
            parcel,
        }
    }

    /// The message's name, where it has one.
    pub fn name(&self) -> Option<&str> {
        let task = self.parcel.as_ref().ok()?.task()?;
        Some(&task.name)
    }
}

impl fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter")
            .field("node", &self.node)
            .field("name", &self.name())
            .field("reason", &self.reason)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
