//! What all parts of a line have in common.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rumqttc::{Publish, QoS, RetainForwardRule, SubscribeFilter};
use tokio_util::task::AbortOnDropHandle;

use super::Mqtt;
use super::connection::{Reason, Waits};
use super::inbound::Inbound;
use super::link::Link;
use super::message;
use super::topic;
use super::work::Work;
use crate::queue::broker::wire::Place;
use crate::queue::broker::{BrokerError, Node, Parcel, SendError};

/// How long the broker may take to answer.
pub(super) const ANSWER: Duration = Duration::from_secs(5);

/// How often an idempotent task is sent, if the connection is lost each time.
const TRIES: u32 = 10;

/// What all parts of a line have in common.
pub(super) struct Shared {
    pub(super) mqtt: Mqtt,
    pub(super) link: Arc<Link>,
    pub(super) inbound: Arc<Inbound>,
    works: Mutex<Vec<Arc<Work>>>,
    tasks: Mutex<Vec<AbortOnDropHandle<()>>>,
    /// Work is set up, and letters are read, by one at a time.
    pub(super) setup: tokio::sync::Mutex<()>,
    pub(super) reading: tokio::sync::Mutex<()>,
    /// It is being closed.
    pub(super) closing: AtomicBool,
}

impl Shared {
    pub(super) fn new(mqtt: Mqtt, link: Arc<Link>, inbound: Arc<Inbound>) -> Self {
        Self {
            mqtt,
            link,
            inbound,
            works: Mutex::default(),
            tasks: Mutex::default(),
            setup: tokio::sync::Mutex::default(),
            reading: tokio::sync::Mutex::default(),
            closing: AtomicBool::new(false),
        }
    }

    pub(super) fn works(&self) -> MutexGuard<'_, Vec<Arc<Work>>> {
        self.works.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn work(&self, node: &Node) -> Option<Arc<Work>> {
        self.works().iter().find(|work| work.node == *node).cloned()
    }

    /// Puts a task into the queue of a node.
    pub(super) async fn publish(&self, node: &Node, task: Parcel) -> Result<(), SendError> {
        let idempotent = task.task().is_some_and(|task| task.idempotent);
        let bytes = task.body.len();
        let key = self.inbound.key.as_ref();
        let publish = message::write(topic::tasks(node), task, key, Place::Queue)?;
        let refused = |reason: Reason| reason.of_message(&node.to_string(), bytes);
        // One that costs the connection each time is not sent for ever.
        for _ in 1..if idempotent { TRIES } else { 1 } {
            match self.link.confirmed(publish.clone()).await {
                Err(SendError::Lost) => {}
                told => return told?.map_err(refused),
            }
        }
        self.link.confirmed(publish).await?.map_err(refused)
    }

    /// Sends to an inbox. It comes back if nobody is there.
    pub(super) async fn send(&self, inbox: Arc<str>, parcel: Parcel) -> Result<(), SendError> {
        if !topic::is_inbox(&inbox) {
            let inbox = inbox.escape_debug();
            return Err(SendError::Refused(format!("`{inbox}` is no inbox")));
        }
        let mut back = Parcel::new(parcel.kind.clone(), parcel.correlation.clone());
        back.reply_to.clone_from(&parcel.reply_to);
        back.format = parcel.format;
        let key = self.inbound.key.as_ref();
        let publish = message::write(inbox.to_string(), parcel, key, Place::Inbox)?;
        self.link.send(publish, Waits::Inbox(inbox, back)).await
    }

    /// Sends to all who have subscribed to a topic, and waits until the broker has it.
    pub(super) async fn publish_to(&self, topic: String, parcel: Parcel) -> Result<(), SendError> {
        let bytes = parcel.body.len();
        let key = self.inbound.key.as_ref();
        let publish = message::write(topic, parcel, key, Place::Inbox)?;
        match self.link.confirmed(publish).await? {
            // Nobody need hear it.
            Ok(()) | Err(Reason::Nobody) => Ok(()),
            Err(reason) => Err(reason.of_message("", bytes)),
        }
    }

    /// The same without waiting.
    pub(super) async fn tell(&self, topic: String, parcel: Parcel) -> Result<(), SendError> {
        let key = self.inbound.key.as_ref();
        let publish = message::write(topic, parcel, key, Place::Inbox)?;
        self.link.send(publish, Waits::Nobody).await
    }

    /// Waits until the broker has handled all that this end has sent, and all that it then had for it has come.
    pub(super) async fn echo(&self) -> Result<(), SendError> {
        let mut echoes = self.inbound.echoes.subscribe();
        let before = *echoes.borrow_and_update();
        let echo = topic::echo(&self.inbound.inbox);
        let publish = Publish::new(echo, QoS::AtLeastOnce, "", None);
        let _ = self.link.confirmed(publish).await?;
        let came = echoes.wait_for(|echoes| *echoes > before).await;
        came.map(drop).map_err(|_| SendError::Closed)
    }

    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.keep(AbortOnDropHandle::new(crate::runtime::spawn(task)));
    }

    /// A task ends with the line.
    pub(super) fn keep(&self, task: AbortOnDropHandle<()>) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if self.link.is_closed() {
            return;
        }
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
    }

    /// Ends all that there is of the line.
    pub(super) fn end(&self) {
        self.link.close(None);
        let works = std::mem::take(&mut *self.works());
        for work in works {
            *work.link() = None;
        }
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let tasks = std::mem::take(&mut *tasks);
        drop(tasks);
    }

    pub(super) fn refused(&self, error: SendError) -> BrokerError {
        let url = self.link.door.shown.clone();
        match error {
            SendError::Closed => BrokerError::Closed,
            error => BrokerError::Refused {
                url,
                why: error.to_string(),
            },
        }
    }

    pub(super) fn late(&self) -> BrokerError {
        BrokerError::Late {
            url: self.link.door.shown.clone(),
            within: ANSWER,
        }
    }
}

/// A subscription that is not told what was there before.
pub(super) fn subscription(topic: impl Into<String>) -> SubscribeFilter {
    let mut filter = SubscribeFilter::new(topic, QoS::AtLeastOnce);
    filter.retain_forward_rule = RetainForwardRule::Never;
    filter
}
