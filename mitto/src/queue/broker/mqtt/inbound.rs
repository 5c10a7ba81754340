//! What comes by the connection of a line: all but its work.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rumqttc::Publish;
use tokio::sync::watch;

use super::connection::Connection;
use super::dead::Collection;
use super::link::Taker;
use super::message;
use super::topic::{DEAD, TOPIC, echo};
use crate::escaped::Escaped;
use crate::limits::Limits;
use crate::queue::broker::wire::Place;
use crate::queue::broker::{Key, Parcel, Receiver};

/// What a line's messages are read with, and whom they are given to.
pub(super) struct Inbound {
    pub(super) receiver: Arc<dyn Receiver>,
    pub(super) inbox: Arc<str>,
    echo: String,
    pub(super) key: Option<Key>,
    pub(super) limits: Limits,
    /// The names of the topics that are listened to.
    topics: Mutex<HashMap<String, String>>,
    /// The dead letters that are being read.
    collection: Mutex<Option<Collection>>,
    /// Counts what this end has sent to itself and has come back.
    pub(super) echoes: watch::Sender<u64>,
}

impl Inbound {
    pub(super) fn new(
        receiver: Arc<dyn Receiver>,
        inbox: Arc<str>,
        key: Option<Key>,
        limits: Limits,
    ) -> Self {
        Self {
            receiver,
            echo: echo(&inbox),
            inbox,
            key,
            limits,
            topics: Mutex::default(),
            collection: Mutex::default(),
            echoes: watch::Sender::new(0),
        }
    }

    pub(super) fn topics(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn collection(&self) -> MutexGuard<'_, Option<Collection>> {
        let collection = self.collection.lock();
        collection.unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what came to the inbox, or to all workers or listeners.
    fn read(&self, publish: &Publish) -> Option<Parcel> {
        match message::read(publish, Place::Inbox, self.key.as_ref(), &self.limits) {
            Ok(parcel) => Some(parcel),
            Err(error) => {
                let topic = String::from_utf8_lossy(&publish.topic).into_owned();
                let (topic, error) = (Escaped(topic), Escaped(error));
                tracing::warn!(%topic, %error, "a message was ignored");
                None
            }
        }
    }
}

impl Taker for Inbound {
    fn made(&self, _: &Arc<Connection>) {}

    fn up(&self, up: bool) {
        self.receiver.connected(up);
    }

    fn came(&self, publish: Publish) -> bool {
        let topic = String::from_utf8_lossy(&publish.topic).into_owned();
        if topic.starts_with(TOPIC) {
            let name = self.topics().get(&topic).cloned();
            if let (Some(name), Some(parcel)) = (name, self.read(&publish)) {
                self.receiver.heard(&name, parcel);
            }
        } else if topic.starts_with(DEAD) {
            if let Some(collection) = &mut *self.collection() {
                collection.add(&topic, publish);
            }
        } else if topic == self.echo {
            self.echoes.send_modify(|echoes| *echoes += 1);
        } else if let Some(parcel) = self.read(&publish) {
            self.receiver.receive(parcel);
        }
        true
    }

    fn returned(&self, inbox: &str, parcel: Parcel) {
        self.receiver.returned(inbox, parcel);
    }
}
