//! What is on its way to the broker.

use std::borrow::Cow;
use std::sync::Arc;

use lapin::message::BasicReturnMessage;
use lapin::options::BasicPublishOptions;
use lapin::types::ShortString;
use lapin::{BasicProperties, Channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::common::Common;
use super::names;
use super::properties::{self, To};
use super::writes::Writes;
use crate::queue::broker::{Later, Node, Parcel, SendError, wire};

/// The most publishes that the broker has not confirmed.
const UNCONFIRMED: usize = 1024;

/// One message.
pub(super) struct Outgoing {
    to: Destination,
    what: What,
    /// Whether it comes back where nobody is.
    mandatory: bool,
}

/// Where a message goes.
pub(super) enum Destination {
    Queue(Node),
    Inbox(Arc<str>),
    /// And the routing key there.
    Exchange(Cow<'static, str>, String),
}

/// What is in a message.
pub(super) enum What {
    /// What is put into properties each time that it is published.
    Parcel(Parcel, To),
    /// What is to be a dead letter.
    Letter(Box<BasicProperties>, Vec<u8>),
}

/// How many bytes the properties of a dead letter have at most. Its task has come in one frame, and grows by no
/// more than this.
const LETTER: usize = 9 * 1024;

/// A message that is to be confirmed.
pub(super) struct Waiting {
    pub(super) out: Box<Outgoing>,
    /// Whether it may be sent again when nobody knows what became of it.
    pub(super) idempotent: bool,
    /// The order among others.
    pub(super) turn: u64,
    /// How often it was tried to send it.
    pub(super) tries: u32,
    pub(super) done: oneshot::Sender<Result<(), SendError>>,
    _room: OwnedSemaphorePermit,
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
    /// Bytes to be confirmed, and to be written.
    room: [Arc<Semaphore>; 2],
    /// How many bytes each has room for.
    bytes: usize,
    pub(super) writes: Arc<Writes>,
}

impl Outgoing {
    pub(super) fn new(to: Destination, what: What) -> Self {
        let mandatory = !matches!((&to, &what), (Destination::Exchange(..), What::Parcel(..)));
        Self {
            to,
            what,
            mandatory,
        }
    }

    /// The name of its queue, or its routing key.
    pub(super) fn key(&self) -> String {
        match &self.to {
            Destination::Queue(node) => names::queue(node),
            Destination::Inbox(inbox) => inbox.as_ref().to_owned(),
            Destination::Exchange(_, key) => key.clone(),
        }
    }

    /// The properties, and how many bytes they have at most, which go in one frame.
    pub(super) fn properties(&self, common: &Common) -> (BasicProperties, usize) {
        let (key, user) = (common.trusted.key.as_ref(), common.url.user());
        match &self.what {
            What::Parcel(parcel, to) => properties::write(parcel, *to, key, user),
            What::Letter(properties, _) => ((**properties).clone(), LETTER),
        }
    }

    fn body(&self) -> &[u8] {
        match &self.what {
            What::Parcel(parcel, _) => wire::body(parcel),
            What::Letter(_, body) => body,
        }
    }

    fn size(&self) -> usize {
        let head = match &self.what {
            What::Parcel(parcel, _) => properties::size(parcel),
            What::Letter(..) => LETTER,
        };
        head.saturating_add(self.body().len())
    }

    /// Whether this is what has come back. That of an equal one is as good.
    pub(super) fn is(&self, returned: &BasicReturnMessage) -> bool {
        let (id, correlation) = match &self.what {
            What::Parcel(parcel, _) => {
                let id = parcel.task().map_or("", |task| &task.id);
                (id, &*parcel.correlation)
            }
            What::Letter(properties, _) => (
                text(properties.message_id()),
                text(properties.correlation_id()),
            ),
        };
        returned.routing_key.as_str() == self.key()
            && text(returned.properties.message_id()) == id
            && text(returned.properties.correlation_id()) == correlation
    }

    /// Hands it to the connection with the first poll; ready when it is written.
    pub(super) async fn publish(
        &self,
        channel: &Channel,
        properties: BasicProperties,
    ) -> lapin::Result<lapin::PublisherConfirm> {
        let options = BasicPublishOptions {
            mandatory: self.mandatory,
            ..BasicPublishOptions::default()
        };
        let exchange = match &self.to {
            Destination::Exchange(exchange, _) => exchange.as_ref(),
            Destination::Queue(_) | Destination::Inbox(_) => "",
        };
        let (exchange, key) = (exchange.into(), self.key().into());
        channel
            .basic_publish(exchange, key, options, self.body(), properties)
            .await
    }
}

fn text(property: &Option<ShortString>) -> &str {
    property.as_ref().map_or("", ShortString::as_str)
}

impl Publishing {
    /// With room for so many bytes.
    pub(super) fn new(bytes: usize) -> (Self, mpsc::UnboundedReceiver<Job>) {
        let (jobs, receiver) = mpsc::unbounded_channel();
        let bytes = bytes.min(Semaphore::MAX_PERMITS).min(u32::MAX as usize);
        let publishing = Self {
            jobs,
            room: std::array::from_fn(|_| Arc::new(Semaphore::new(bytes))),
            bytes,
            writes: Arc::default(),
        };
        (publishing, receiver)
    }

    /// Ready when the broker has it, or says no.
    pub(super) async fn confirmed(&self, out: Outgoing, idempotent: bool) -> Result<(), SendError> {
        // As many small ones fill the room.
        let bytes = out.size().max(self.bytes / UNCONFIRMED);
        let room = self.room(0, bytes).await?;
        let (done, ready) = oneshot::channel();
        let waiting = Waiting {
            out: Box::new(out),
            idempotent,
            turn: 0,
            tries: 0,
            done,
            _room: room,
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
