//! What all parts of a line have in common.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use async_nats::message::OutboundMessage;
use async_nats::{Client, Message, StatusCode, Subject, Subscriber};
use bytes::Bytes;

use super::connect::Link;
use super::outbox::Outbox;
use super::waiting::{Told, Waiter};
use super::work::Work;
use crate::limits::Limits;
use crate::queue::broker::tags::ByTag;
use crate::queue::broker::{BrokerError, Key, Later, Node, SendError};
use crate::runtime::timeout;

/// How long the server may take to answer.
pub(super) const ANSWER: Duration = Duration::from_secs(5);

/// What all parts of a line have in common.
pub(super) struct Shared {
    pub(super) client: Client,
    pub(super) outbox: Outbox,
    pub(super) link: Arc<Link>,
    pub(super) inbox: Arc<str>,
    pub(super) key: Option<Key>,
    pub(super) limits: Limits,
    pub(super) durable: bool,
    /// The queue that a task was sent to last. Most ends send to one node.
    queue: Mutex<Option<(Node, Subject)>>,
    /// The inbox of ours that asked last.
    asker: Mutex<Option<Arc<str>>>,
    held: Mutex<ByTag<Held>>,
    tags: AtomicU64,
    /// It is being closed, and ends what is its own when that is done.
    pub(super) closing: AtomicBool,
    closed: AtomicBool,
}

/// A task that was delivered and is not settled.
pub(super) struct Held {
    pub(super) message: Message,
    pub(super) attempt: u32,
    pub(super) work: Arc<Work>,
}

/// Why the server has not answered.
pub(super) enum Unanswered {
    Nobody,
    Late,
    Closed,
}

impl Shared {
    pub(super) fn new(
        client: Client,
        outbox: Outbox,
        link: Arc<Link>,
        inbox: Arc<str>,
        key: Option<Key>,
        limits: Limits,
        durable: bool,
    ) -> Self {
        Self {
            queue: Mutex::default(),
            asker: Mutex::default(),
            client,
            outbox,
            link,
            inbox,
            key,
            limits,
            durable,
            held: Mutex::default(),
            tags: AtomicU64::new(0),
            closing: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        }
    }

    /// Where the tasks of a node are.
    pub(super) fn queue(&self, node: &Node) -> Subject {
        let mut last = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, subject)) if known == node => subject.clone(),
            _ => {
                let subject = Subject::from(super::subject::queue(node));
                *last = Some((node.clone(), subject.clone()));
                subject
            }
        }
    }

    /// The inbox of a reply place that is known to be one, and what is behind it.
    pub(super) fn asker<'a>(&self, place: &'a str) -> Option<(Arc<str>, &'a str)> {
        let asker = self.asker.lock().unwrap_or_else(PoisonError::into_inner);
        let inbox = asker.as_ref()?;
        let behind = place.strip_prefix(&**inbox)?.strip_prefix('.')?;
        Some((inbox.clone(), behind))
    }

    /// Whether an inbox is known to be one.
    pub(super) fn is_asker(&self, inbox: &str) -> bool {
        let asker = self.asker.lock().unwrap_or_else(PoisonError::into_inner);
        asker.as_deref() == Some(inbox)
    }

    /// Knows an inbox from now on.
    pub(super) fn set_asker(&self, inbox: &Arc<str>) {
        *self.asker.lock().unwrap_or_else(PoisonError::into_inner) = Some(inbox.clone());
    }

    /// The number of the connection, if there is one.
    pub(super) fn connection(&self) -> Option<u64> {
        let made = *self.link.connected.borrow();
        (made > 0 && !self.is_closed()).then_some(made)
    }

    /// Waits until there is a connection: its number.
    pub(super) async fn ready(&self) -> Result<u64, SendError> {
        if let Some(made) = self.connection() {
            return Ok(made);
        }
        let mut connected = self.link.connected.subscribe();
        loop {
            if self.closed.load(Ordering::Acquire) {
                return Err(SendError::Closed);
            }
            let made = *connected.borrow_and_update();
            if made > 0 {
                return Ok(made);
            }
            if connected.changed().await.is_err() {
                return Err(SendError::Closed);
            }
        }
    }

    /// Sends a barrier, if one is to be.
    pub(super) fn send_barrier(self: &Arc<Self>, number: Option<u64>) {
        if let Some(number) = number {
            let subject = format!("{}.{}b{number}", self.inbox, super::subject::OWN);
            self.push(bare(subject, None, Bytes::new()));
        }
    }

    /// Waits for what comes to a new token, and the subject that it comes to.
    pub(super) fn wait(&self, epoch: u64, passes: bool) -> (Waiter, String) {
        loop {
            let token = self.link.waiting.token();
            let subject = format!("{}.{token}", self.inbox);
            if let Some(waiter) = self.link.waiting.enter(token, epoch, passes) {
                return (waiter, subject);
            }
        }
    }

    /// Asks something of the server, again if the connection is lost.
    pub(super) async fn ask(
        &self,
        subject: &str,
        payload: impl Into<Bytes>,
    ) -> Result<Message, Unanswered> {
        let payload = payload.into();
        let made = bare(subject.to_owned(), None, payload);
        self.ask_with(made).await
    }

    pub(super) async fn ask_with(&self, message: OutboundMessage) -> Result<Message, Unanswered> {
        let message = &message;
        self.exchange(|reply| OutboundMessage {
            reply: Some(reply),
            ..message.clone()
        })
        .await
    }

    /// Waits until the server has handled what was sent before: a message to the own inbox has come.
    pub(super) async fn handled(&self) -> Result<(), Unanswered> {
        let echo = |subject: Subject| bare(subject, None, Bytes::new());
        self.exchange(echo).await.map(drop)
    }

    async fn exchange(
        &self,
        message: impl Fn(Subject) -> OutboundMessage,
    ) -> Result<Message, Unanswered> {
        loop {
            let epoch = self.ready().await.map_err(|_| Unanswered::Closed)?;
            let (waiter, reply) = self.wait(epoch, false);
            let sent = self.send(message(reply.into())).await;
            sent.map_err(|_| Unanswered::Closed)?;
            match timeout(ANSWER, waiter).await {
                Ok(Told::Came(message)) if is_nobody(&message) => return Err(Unanswered::Nobody),
                Ok(Told::Came(message)) => return Ok(*message),
                Ok(Told::Nobody) => return Err(Unanswered::Nobody),
                Ok(Told::Passed | Told::Lost) => {}
                Err(_) => return Err(Unanswered::Late),
            }
        }
    }

    pub(super) async fn subscribe(
        &self,
        subject: String,
        group: Option<&str>,
    ) -> Result<Subscriber, BrokerError> {
        let subscriber = match group {
            Some(group) => self.client.queue_subscribe(subject, group.to_owned()).await,
            None => self.client.subscribe(subject).await,
        };
        subscriber.map_err(|_| BrokerError::Closed)
    }

    /// Keeps a task until it is settled.
    pub(super) fn hold(&self, message: Message, attempt: u32, work: &Arc<Work>) -> u64 {
        let tag = self.tags.fetch_add(1, Ordering::Relaxed) + 1;
        let held = Held {
            message,
            attempt,
            work: work.clone(),
        };
        self.held().insert(tag, held);
        tag
    }

    pub(super) fn holds(&self, tag: u64) -> bool {
        self.held().contains_key(&tag)
    }

    pub(super) fn release(&self, tag: u64) -> Option<Held> {
        self.held().remove(&tag)
    }

    pub(super) fn tags(&self) -> Vec<u64> {
        self.held().keys().copied().collect()
    }

    /// The reply subjects of what is held of a node's tasks.
    pub(super) fn held_of(&self, work: &Arc<Work>) -> Vec<Subject> {
        let held = self.held();
        let of_work = held.values().filter(|held| Arc::ptr_eq(&held.work, work));
        of_work
            .filter_map(|held| held.message.reply.clone())
            .collect()
    }

    /// Whether more than one request is on its way through this line, as far as is known at once.
    pub(super) fn is_busy(&self) -> bool {
        self.held().len() + self.link.waiting.count() > 1
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.link.waiting.lose(u64::MAX);
        // Whoever waits for a connection sees that there will be none.
        self.link.connected.send_modify(|_| {});
    }

    pub(super) fn late(&self) -> BrokerError {
        BrokerError::Late {
            url: self.link.url.clone(),
            within: ANSWER,
        }
    }

    fn held(&self) -> MutexGuard<'_, ByTag<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was sent. Without memory of its own.
pub(super) fn sent() -> Later<Result<(), SendError>> {
    struct Sent;
    impl Future for Sent {
        type Output = Result<(), SendError>;

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
            Poll::Ready(Ok(()))
        }
    }
    Box::pin(Sent)
}

/// A message without headers.
pub(super) fn bare(
    subject: impl Into<Subject>,
    reply: Option<Subject>,
    payload: impl Into<Bytes>,
) -> OutboundMessage {
    OutboundMessage {
        subject: subject.into(),
        reply,
        payload: payload.into(),
        headers: None,
    }
}

/// Whether it is the server's word that nobody is there.
pub(super) fn is_nobody(message: &Message) -> bool {
    message.status == Some(StatusCode::NO_RESPONDERS) && message.payload.is_empty()
}
