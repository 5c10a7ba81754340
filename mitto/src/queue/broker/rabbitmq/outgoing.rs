//! What is on its way to the broker.

use std::sync::Arc;

use lapin::message::BasicReturnMessage;
use lapin::options::BasicPublishOptions;
use lapin::{BasicProperties, Channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::properties::Written;
use super::writes::Writes;
use crate::queue::broker::{Later, SendError};

/// The most publishes that the broker has not confirmed.
const UNCONFIRMED: usize = 1024;

/// One message.
pub(super) struct Outgoing {
    exchange: String,
    key: String,
    properties: BasicProperties,
    body: Vec<u8>,
    pub(super) head: usize,
    mandatory: bool,
}

/// A message that is to be confirmed.
pub(super) struct Waiting {
    pub(super) out: Arc<Outgoing>,
    /// Whether it may be sent again when nobody knows what became of it.
    pub(super) idempotent: bool,
    /// The order among others.
    pub(super) turn: u64,
    /// How often it was tried to send it.
    pub(super) tries: u32,
    pub(super) done: oneshot::Sender<Result<(), SendError>>,
    _room: (OwnedSemaphorePermit, OwnedSemaphorePermit),
}

/// Work for the publishing connection.
pub(super) enum Job {
    /// Into a queue, confirmed.
    Confirmed(Waiting),
    /// To inboxes, at most once.
    Sent(Sent),
}

/// A message that is not confirmed.
pub(super) struct Sent {
    pub(super) out: Box<Outgoing>,
    /// A fanout exchange that is made first.
    pub(super) fanout: Option<String>,
    _room: OwnedSemaphorePermit,
}

/// The way to the publishing connection. What waits for it is bounded here.
pub(super) struct Publishing {
    jobs: mpsc::UnboundedSender<Job>,
    unconfirmed: Arc<Semaphore>,
    /// Bytes to be confirmed, and to be written.
    room: [Arc<Semaphore>; 2],
    /// How many bytes each has room for.
    bytes: usize,
    pub(super) writes: Arc<Writes>,
}

impl Outgoing {
    /// To a queue or inbox.
    pub(super) fn to_queue(name: impl Into<String>, written: Written) -> Self {
        Self::to_exchange("", name.into(), written).mandatory()
    }

    pub(super) fn to_exchange(exchange: &str, key: String, written: Written) -> Self {
        Self {
            exchange: exchange.to_owned(),
            key,
            properties: written.properties,
            body: written.body,
            head: written.head,
            mandatory: false,
        }
    }

    /// It comes back where nobody is.
    pub(super) fn mandatory(mut self) -> Self {
        self.mandatory = true;
        self
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    fn size(&self) -> usize {
        self.head.saturating_add(self.body.len())
    }

    /// Whether this is what has come back. That of an equal one is as good.
    pub(super) fn is(&self, returned: &BasicReturnMessage) -> bool {
        returned.routing_key.as_str() == self.key
            && returned.properties.message_id() == self.properties.message_id()
            && returned.properties.correlation_id() == self.properties.correlation_id()
    }

    /// Hands it to the connection with the first poll; ready when it is written.
    pub(super) async fn publish(
        &self,
        channel: &Channel,
    ) -> lapin::Result<lapin::PublisherConfirm> {
        let options = BasicPublishOptions {
            mandatory: self.mandatory,
            ..BasicPublishOptions::default()
        };
        let (exchange, key) = (self.exchange.as_str(), self.key.as_str());
        let properties = self.properties.clone();
        channel
            .basic_publish(exchange.into(), key.into(), options, &self.body, properties)
            .await
    }
}

/// What became of a message that was to be confirmed.
pub(super) enum Fate {
    /// Whether the broker has it, and what has come back, of this one or another.
    Answered(bool, Option<Box<BasicReturnMessage>>),
    /// Not all of it was written: the broker cannot have it.
    Unsent(lapin::Error),
    /// Nobody knows.
    Lost(lapin::Error),
}

pub(super) async fn confirmed(channel: Channel, waiting: Waiting) -> (Waiting, Fate) {
    let confirm = match waiting.out.publish(&channel).await {
        Ok(confirm) => confirm,
        Err(error) => return (waiting, Fate::Unsent(error)),
    };
    match confirm.await {
        Ok(confirmation) => {
            let confirmed = confirmation.is_ack();
            let returned = confirmation.take_message().map(Box::new);
            (waiting, Fate::Answered(confirmed, returned))
        }
        Err(error) => (waiting, Fate::Lost(error)),
    }
}

impl Publishing {
    /// With room for so many bytes.
    pub(super) fn new(bytes: usize) -> (Self, mpsc::UnboundedReceiver<Job>) {
        let (jobs, receiver) = mpsc::unbounded_channel();
        let bytes = bytes.min(Semaphore::MAX_PERMITS).min(u32::MAX as usize);
        let publishing = Self {
            jobs,
            unconfirmed: Arc::new(Semaphore::new(UNCONFIRMED)),
            room: std::array::from_fn(|_| Arc::new(Semaphore::new(bytes))),
            bytes,
            writes: Arc::default(),
        };
        (publishing, receiver)
    }

    /// Ready when the broker has it, or says no.
    pub(super) async fn confirmed(&self, out: Outgoing, idempotent: bool) -> Result<(), SendError> {
        let unconfirmed = self.unconfirmed.clone().acquire_owned().await;
        let unconfirmed = unconfirmed.map_err(|_| SendError::Closed)?;
        let room = self.room(0, out.size()).await?;
        let (done, ready) = oneshot::channel();
        let waiting = Waiting {
            out: Arc::new(out),
            idempotent,
            turn: 0,
            tries: 0,
            done,
            _room: (unconfirmed, room),
        };
        self.put(Job::Confirmed(waiting))?;
        ready.await.unwrap_or(Err(SendError::Lost))
    }

    /// Ready when there is room for the next one, which mostly is at once.
    pub(super) fn sent(
        self: &Arc<Self>,
        out: Outgoing,
        fanout: Option<String>,
    ) -> Later<Result<(), SendError>> {
        let out = Box::new(out);
        let permits = self.permits(out.size());
        match self.room[1].clone().try_acquire_many_owned(permits) {
            Ok(room) => Box::pin(std::future::ready(self.give(out, fanout, room))),
            Err(_) => {
                let publishing = self.clone();
                Box::pin(async move {
                    let room = publishing.room(1, out.size()).await?;
                    publishing.give(out, fanout, room)
                })
            }
        }
    }

    fn give(
        &self,
        out: Box<Outgoing>,
        fanout: Option<String>,
        room: OwnedSemaphorePermit,
    ) -> Result<(), SendError> {
        self.writes.give();
        self.put(Job::Sent(Sent {
            out,
            fanout,
            _room: room,
        }))
    }

    /// Nothing more is taken.
    pub(super) fn close(&self) {
        self.unconfirmed.close();
        for room in &self.room {
            room.close();
        }
    }

    async fn room(&self, of: usize, bytes: usize) -> Result<OwnedSemaphorePermit, SendError> {
        let room = self.room[of].clone();
        let room = room.acquire_many_owned(self.permits(bytes)).await;
        room.map_err(|_| SendError::Closed)
    }

    /// One message that is larger than all the room has it for itself.
    fn permits(&self, bytes: usize) -> u32 {
        u32::try_from(bytes.min(self.bytes)).unwrap_or(u32::MAX)
    }

    fn put(&self, job: Job) -> Result<(), SendError> {
        self.jobs.send(job).map_err(|_| SendError::Closed)
    }
}
