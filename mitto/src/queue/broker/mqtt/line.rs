//! A line to an MQTT broker.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::connect::{Door, Hello};
use super::inbound::Inbound;
use super::link::Link;
use super::shared::{ANSWER, Shared, subscription};
use super::work::of_tag;
use super::{Mqtt, dead, taking, topic};
use crate::queue::broker::{
    BrokerError, DeadLetter, Later, Line, Node, Opening, Parcel, Receiver, SendError, Settled,
};
use crate::runtime::{RuntimeHandle, timeout};

/// A line to an MQTT broker.
pub(super) struct MqttLine {
    shared: Arc<Shared>,
}

impl MqttLine {
    pub(super) async fn open(
        mqtt: Mqtt,
        opening: Opening,
        receiver: Arc<dyn Receiver>,
    ) -> Result<Self, BrokerError> {
        let Opening { purpose, limits } = opening;
        let door = Arc::new(Door::new(&mqtt, &limits)?);
        let inbox = topic::inbox(purpose);
        let filters = vec![subscription(&*inbox), subscription(topic::echo(&inbox))];
        let hello = Hello {
            client: topic::client(purpose),
            clean: true,
            // What comes to an inbox comes at most once, so that none of it is kept for later.
            expiry: 0,
            most: u16::MAX,
        };
        let inbound = Inbound::new(receiver, inbox, mqtt.key.clone(), limits);
        let inbound = Arc::new(inbound);
        let (link, task) = Link::open(door, hello, filters, inbound.clone()).await?;
        let shared = Shared::new(mqtt, link, inbound);
        shared.keep(task);
        Ok(Self {
            shared: Arc::new(shared),
        })
    }
}

fn too_long() -> SendError {
    SendError::Refused("its topic is too long".to_owned())
}

impl Line for MqttLine {
    fn inbox(&self) -> Arc<str> {
        self.shared.inbound.inbox.clone()
    }

    fn publish(&self, node: &Node, task: Parcel) -> Later<Result<(), SendError>> {
        let (shared, node) = (self.shared.clone(), node.clone());
        Box::pin(async move { shared.publish(&node, task).await })
    }

    fn send(&self, inbox: &Arc<str>, parcel: Parcel) -> Later<Result<(), SendError>> {
        let (shared, inbox) = (self.shared.clone(), inbox.clone());
        Box::pin(async move { shared.send(inbox, parcel).await })
    }

    fn tell_workers(&self, node: &Node, parcel: Parcel) -> Later<Result<(), SendError>> {
        let (shared, topic) = (self.shared.clone(), topic::workers(node));
        Box::pin(async move { shared.tell(topic, parcel).await })
    }

    fn take_work(&self, node: &Node, most: u16) -> Later<Result<(), BrokerError>> {
        let (shared, node) = (self.shared.clone(), node.clone());
        Box::pin(async move { taking::take_work(&shared, &node, most).await })
    }

    fn settle(&self, tag: u64, settled: Settled) {
        let (number, id) = of_tag(tag);
        let work = {
            let works = self.shared.works();
            works.iter().find(|work| work.number == number).cloned()
        };
        if let Some(work) = work {
            taking::settle(&self.shared, &work, id, settled);
        }
    }

    fn listen(&self, topic: &str) -> Later<Result<(), SendError>> {
        let (shared, name) = (self.shared.clone(), topic.to_owned());
        Box::pin(async move {
            let topic = topic::topic(&name).ok_or_else(too_long)?;
            shared.inbound.topics().insert(topic.clone(), name);
            shared.link.subscribe(subscription(topic)).await
        })
    }

    fn unlisten(&self, topic: &str) {
        if let Some(topic) = topic::topic(topic) {
            self.shared.inbound.topics().remove(&topic);
            drop(self.shared.link.unsubscribe(&topic));
        }
    }

    fn publish_to(&self, topic: &str, parcel: Parcel) -> Later<Result<(), SendError>> {
        let shared = self.shared.clone();
        let topic = topic::topic(topic);
        Box::pin(async move {
            let topic = topic.ok_or_else(too_long)?;
            shared.publish_to(topic, parcel).await
        })
    }

    fn dead_letters(
        &self,
        node: &Node,
        most: usize,
    ) -> Later<Result<Vec<DeadLetter>, BrokerError>> {
        let (shared, node) = (self.shared.clone(), node.clone());
        Box::pin(async move { dead::list(&shared, &node, most).await })
    }

    fn put_back(&self, letter: &DeadLetter) -> Later<Result<bool, BrokerError>> {
        let shared = self.shared.clone();
        let (key, node) = (letter.key.clone(), letter.node.clone());
        Box::pin(async move { dead::put_back(&shared, &node, &key).await })
    }

    fn is_connected(&self) -> bool {
        self.shared.link.connection().is_some()
    }

    fn close(&self) -> Later<()> {
        Box::pin(close(self.shared.clone()))
    }
}

async fn close(shared: Arc<Shared>) {
    shared.closing.store(true, Ordering::Release);
    let ending = Ending(shared);
    let shared = &ending.0;
    let works = shared.works().clone();
    for work in &works {
        // Who takes work at the same time has no part in it any more.
        taking::end(shared, work).await;
    }
    if let Some(connection) = shared.link.connection() {
        let _ = timeout(ANSWER, connection.settled()).await;
        let _ = timeout(ANSWER, shared.link.end(None)).await;
    }
}

/// Ends a line when it is dropped.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// What it has is handed on, where there is still something to run that.
impl Drop for MqttLine {
    fn drop(&mut self) {
        let was_closing = self.shared.closing.load(Ordering::Acquire);
        match RuntimeHandle::try_current() {
            Ok(runtime) if !was_closing => drop(runtime.spawn(close(self.shared.clone()))),
            _ => self.shared.end(),
        }
    }
}
