//! A line to NATS.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::AbortHandle;

use super::connect::{Link, connect};
use super::message::{self, From, To};
use super::outbox::outbox;
use super::publish::publish;
use super::shared::{Shared, Unanswered, sent};
use super::subject;
use super::work::{Work, message as next_message};
use super::{Nats, jetstream, queue_group, taking};
use crate::escaped::Escaped;
use crate::queue::broker::{
    BrokerError, DeadLetter, Later, Line, Node, Opening, Parcel, Receiver, SendError, Settled,
};
use crate::runtime::{Instant, later, sleep_until, spawn, timeout};

/// How long it may take until no word that nobody is there means that somebody is.
const TICK: Duration = Duration::from_millis(10);

/// How long what is still to be sent may take when a line is closed.
pub(super) const CLOSE: Duration = Duration::from_secs(5);

/// A line to NATS.
pub(super) struct NatsLine {
    shared: Arc<Shared>,
    tasks: Arc<Tasks>,
    /// Work is set up by one at a time.
    setup: Arc<tokio::sync::Mutex<()>>,
}

/// The tasks of a line, which end with it.
#[derive(Default)]
pub(super) struct Tasks {
    running: Mutex<Vec<AbortHandle>>,
    topics: Mutex<HashMap<String, AbortHandle>>,
}

impl NatsLine {
    pub(super) async fn open(
        nats: Nats,
        opening: Opening,
        receiver: Arc<dyn Receiver>,
    ) -> Result<Self, BrokerError> {
        let link = Arc::new(Link::new(&nats.url, receiver));
        let client = connect(&nats, &opening, &link).await?;
        let inbox = subject::inbox(opening.purpose);
        let (outbox, outgoing) = outbox(client.clone());
        let (key, limits) = (nats.key, opening.limits);
        let shared = Shared::new(client, outbox, link, inbox, key, limits, nats.durable);
        let shared = Arc::new(shared);
        let line = Self {
            shared: shared.clone(),
            tasks: Arc::default(),
            setup: Arc::default(),
        };
        spawn(outgoing.hand_on(Arc::downgrade(&shared)));
        let subject = format!("{}.>", shared.inbox);
        let mut inbox = shared.subscribe(subject, None).await?;
        let to = shared.clone();
        line.tasks.spawn(async move {
            while let Some(message) = next_message(&mut inbox).await {
                to.came(message);
            }
        });
        line.tasks.spawn(tick(shared.clone()));
        let handled = shared.handled().await;
        handled.map_err(|error| error.of_broker(&shared))?;
        if shared.durable {
            jetstream::check(&shared).await?;
        }
        let made = *shared.link.connected.borrow();
        if made > 0 {
            shared.link.receiver.connected(true);
        }
        line.tasks.spawn(announce(shared, made));
        Ok(line)
    }
}

impl Line for NatsLine {
    fn inbox(&self) -> Arc<str> {
        self.shared.inbox.clone()
    }

    fn publish(&self, node: &Node, task: Parcel) -> Later<Result<(), SendError>> {
        let shared = &self.shared;
        match shared.durable {
            true => Box::pin(jetstream::publish(shared.clone(), node.clone(), task)),
            false => publish(shared, node, task),
        }
    }

    fn send(&self, inbox: &Arc<str>, parcel: Parcel) -> Later<Result<(), SendError>> {
        let shared = &self.shared;
        let message = match shared.to_inbox(inbox, parcel) {
            Ok(message) if shared.connection().is_some() => shared.send_at_once(message),
            Ok(message) => ControlFlow::Continue(message),
            Err(error) => ControlFlow::Break(Err(error)),
        };
        match message {
            ControlFlow::Break(Ok(())) => sent(),
            ControlFlow::Break(sent) => Box::pin(std::future::ready(sent)),
            ControlFlow::Continue(message) => {
                let shared = shared.clone();
                Box::pin(async move {
                    shared.ready().await?;
                    shared.send(message).await
                })
            }
        }
    }

    fn tell_workers(&self, node: &Node, parcel: Parcel) -> Later<Result<(), SendError>> {
        self.tell_all(Some(subject::workers(node)), parcel)
    }

    fn take_work(&self, node: &Node, most: u16) -> Later<Result<(), BrokerError>> {
        let (shared, tasks) = (self.shared.clone(), self.tasks.clone());
        let (node, setup) = (node.clone(), self.setup.clone());
        Box::pin(async move {
            let _one_at_a_time = setup.lock().await;
            match most {
                0 => taking::take_nothing(&shared, &tasks, &node).await,
                most => taking::take_work(&shared, &tasks, &node, most).await,
            }
        })
    }

    fn settle(&self, tag: u64, settled: Settled) {
        let Some(held) = self.shared.release(tag) else {
            return;
        };
        let work = held.work.clone();
        if self.shared.durable {
            jetstream::settle(&self.shared, held, settled);
        } else {
            match settled {
                Settled::Done => {}
                Settled::GiveBack => queue_group::give_back(&self.shared, held.message),
                Settled::Dead(reason) => {
                    let (node, reason) = (&work.node, Escaped(reason));
                    tracing::warn!(%node, %reason, "a task was left out, NATS without JetStream keeps none");
                }
            }
        }
        work.settled();
    }

    fn listen(&self, topic: &str) -> Later<Result<(), SendError>> {
        let (shared, tasks, topic) = (self.shared.clone(), self.tasks.clone(), topic.to_owned());
        Box::pin(async move { listen(&shared, &tasks, topic).await })
    }

    fn unlisten(&self, topic: &str) {
        if let Some(listening) = self.tasks.topics().remove(topic) {
            listening.abort();
        }
    }

    fn publish_to(&self, topic: &str, parcel: Parcel) -> Later<Result<(), SendError>> {
        self.tell_all(subject::topic(topic), parcel)
    }

    fn dead_letters(
        &self,
        node: &Node,
        most: usize,
    ) -> Later<Result<Vec<DeadLetter>, BrokerError>> {
        let (shared, node) = (self.shared.clone(), node.clone());
        Box::pin(async move {
            match shared.durable {
                true => jetstream::dead_letters(&shared, &node, most).await,
                false => Ok(Vec::new()),
            }
        })
    }

    fn put_back(&self, letter: &DeadLetter) -> Later<Result<bool, BrokerError>> {
        let shared = self.shared.clone();
        let (key, node) = (letter.key.clone(), letter.node.clone());
        Box::pin(async move {
            match shared.durable {
                true => jetstream::put_back(&shared, &node, &key).await,
                false => Ok(false),
            }
        })
    }

    fn is_connected(&self) -> bool {
        *self.shared.link.connected.borrow() > 0 && !self.shared.is_closed()
    }

    fn close(&self) -> Later<()> {
        let (shared, tasks) = (self.shared.clone(), self.tasks.clone());
        Box::pin(async move {
            let ending = Ending(shared, tasks);
            let shared = &ending.0;
            shared.closing.store(true, Ordering::Release);
            let _ = timeout(CLOSE, finish(shared)).await;
        })
    }
}

/// Ends a line when it is dropped.
struct Ending(Arc<Shared>, Arc<Tasks>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.close();
        self.1.end();
    }
}

impl NatsLine {
    fn tell_all(&self, subject: Option<String>, parcel: Parcel) -> Later<Result<(), SendError>> {
        let shared = self.shared.clone();
        Box::pin(async move {
            let subject =
                subject.ok_or_else(|| SendError::Refused("its topic is too long".into()))?;
            let packed = message::write(parcel, shared.key.as_ref(), To::All, String::new())?;
            shared.ready().await?;
            shared.send(packed.to(subject, None)).await
        })
    }
}

impl Drop for NatsLine {
    fn drop(&mut self) {
        // What was begun is finished: whoever closes it may drop it meanwhile.
        if !self.shared.closing.load(Ordering::Acquire) {
            drop(Ending(self.shared.clone(), self.tasks.clone()));
        }
    }
}

async fn listen(shared: &Arc<Shared>, tasks: &Tasks, topic: String) -> Result<(), SendError> {
    let subject = subject::topic(&topic);
    let subject = subject.ok_or_else(|| SendError::Refused("its topic is too long".into()))?;
    shared.ready().await?;
    if tasks.topics().contains_key(&topic) {
        return Ok(());
    }
    let subscriber = shared.subscribe(subject, None).await;
    let mut subscriber = subscriber.map_err(|_| SendError::Closed)?;
    let (to, name) = (shared.clone(), topic.clone());
    let listening = spawn(async move {
        while let Some(message) = next_message(&mut subscriber).await {
            match message::read(&message, From::All, &to) {
                Ok(parcel) => to.link.receiver.heard(&name, parcel),
                Err(error) => ignored(&to, &message.subject, &error),
            }
        }
    });
    if let Some(other) = tasks.topics().insert(topic, listening.abort_handle()) {
        other.abort();
    }
    shared.handled().await.map_err(|error| match error {
        Unanswered::Closed => SendError::Closed,
        Unanswered::Nobody | Unanswered::Late => {
            SendError::Refused("the server has not answered".into())
        }
    })
}

pub(super) fn ignored(shared: &Shared, subject: &str, error: &crate::queue::broker::Foreign) {
    let (url, subject, error) = (&shared.link.url, Escaped(subject), Escaped(error));
    tracing::warn!(%url, %subject, %error, "a message was ignored");
}

/// Says when a connection is made, once the server has its subscriptions again, and when it is lost.
async fn announce(shared: Arc<Shared>, mut told: u64) {
    let receiver = &shared.link.receiver;
    let mut connected = shared.link.connected.subscribe();
    loop {
        let made = *connected.borrow_and_update();
        if told > 0 && made != told {
            told = 0;
            receiver.connected(false);
        }
        if made != told && shared.handled().await.is_ok() && *connected.borrow() == made {
            told = made;
            receiver.connected(true);
        }
        if connected.changed().await.is_err() {
            return;
        }
    }
}

/// Sends barriers while something waits for them.
async fn tick(shared: Arc<Shared>) {
    loop {
        shared.link.waiting.tick.notified().await;
        let mut idle = 0;
        loop {
            sleep_until(later(Instant::now(), TICK)).await;
            match shared.link.waiting.ticked(idle) {
                Ok(number) => shared.send_barrier(number),
                Err(()) => break,
            }
            idle = match shared.link.waiting.is_idle() {
                true => idle + 1,
                false => 0,
            };
        }
    }
}

/// Takes no more work, gives back what is not settled, and waits until the server has handled it all.
async fn finish(shared: &Arc<Shared>) {
    let works: Vec<Arc<Work>> = shared.link.works().values().cloned().collect();
    for work in works {
        taking::quiet(shared, &work).await;
    }
    for tag in shared.tags() {
        match shared.release(tag) {
            Some(held) if shared.durable => jetstream::settle(shared, held, Settled::GiveBack),
            _ => {}
        }
    }
    if *shared.link.connected.borrow() > 0 {
        let _ = shared.handled().await;
    }
}

impl Tasks {
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.running().push(spawn(task).abort_handle());
    }

    fn end(&self) {
        for task in self.running().drain(..) {
            task.abort();
        }
        for (_, task) in self.topics().drain() {
            task.abort();
        }
    }

    fn running(&self) -> MutexGuard<'_, Vec<AbortHandle>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<String, AbortHandle>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unanswered {
    pub(super) fn of_broker(self, shared: &Shared) -> BrokerError {
        match self {
            Self::Closed => BrokerError::Closed,
            Self::Nobody | Self::Late => shared.late(),
        }
    }
}
