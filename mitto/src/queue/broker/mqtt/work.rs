//! The work that a line takes from one node, by a connection of its own.
//!
//! The broker gives each task to one session of those that share the node, and keeps what that has not
//! acknowledged. So the session is that of the work, and it may hold as many tasks as were asked for.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rumqttc::Publish;
use tokio::sync::watch;

use super::connection::Connection;
use super::held::{Came, Holding, Id};
use super::inbound::Inbound;
use super::link::{Link, Taker};
use super::message;
use super::session::Slot;
use crate::queue::broker::wire::Place;
use crate::queue::broker::{Delivery, Node, Parcel};

/// The work that a line takes from one node.
pub(super) struct Work {
    pub(super) node: Node,
    /// Among those of its line.
    pub(super) number: u16,
    /// What its session is named for, where that outlives the line.
    pub(super) slot: Option<Slot>,
    inbound: Arc<Inbound>,
    link: Mutex<Option<Arc<Link>>>,
    /// How many unacknowledged tasks the broker knows of.
    window: AtomicU16,
    holding: Mutex<Holding>,
    connection: Mutex<Option<Arc<Connection>>>,
    /// What comes is for other workers.
    pub(super) passes: AtomicBool,
    /// Counts what has changed for who hands tasks on.
    pub(super) changed: watch::Sender<u64>,
    /// Where this end tells itself that nothing more comes.
    pub(super) last: String,
    pub(super) last_came: AtomicBool,
    /// The keys of the dead letters that this worker has made, oldest first.
    letters: Mutex<VecDeque<String>>,
}

impl Work {
    pub(super) fn new(node: Node, number: u16, slot: Option<Slot>, inbound: Arc<Inbound>) -> Self {
        Self {
            last: format!("{}/last/{number}", inbound.inbox),
            node,
            number,
            slot,
            inbound,
            link: Mutex::default(),
            window: AtomicU16::new(0),
            holding: Mutex::default(),
            connection: Mutex::default(),
            passes: AtomicBool::new(false),
            changed: watch::Sender::new(0),
            last_came: AtomicBool::new(false),
            letters: Mutex::default(),
        }
    }

    /// Gives out what may be.
    pub(super) fn give(&self) {
        loop {
            let (tag, attempt, publish) = {
                let mut holding = self.holding();
                let Some((id, held)) = holding.give() else {
                    return;
                };
                (self.tag(id), held.attempt, held.publish.clone())
            };
            let inbound = &self.inbound;
            let key = inbound.key.as_ref();
            let parcel = message::read(&publish, Place::Queue, key, &inbound.limits);
            let delivery = Delivery::new(tag, self.node.clone(), attempt, parcel);
            inbound.receiver.deliver(delivery);
        }
    }

    /// Says that a task was taken for good.
    pub(super) fn finish(&self, id: Id) {
        let mut holding = self.holding();
        if let Some(id) = holding.finish(id)
            && let Some(connection) = &*self.connection()
        {
            connection.acknowledge(id);
        }
        drop(holding);
        self.changed.send_modify(|changed| *changed += 1);
    }

    /// The same of one that was run, or need not be.
    pub(super) fn done(&self, id: Id, task: &Publish) {
        self.holding().ran(task);
        self.finish(id);
    }

    /// Nobody else takes a task: it waits here.
    pub(super) fn stays(&self, id: Id) {
        self.holding().stays(id);
        if !self.passes.load(Ordering::Acquire) {
            self.give();
        }
    }

    /// Whether the session has to hold more tasks than it may. From now on it may.
    pub(super) fn widens(&self, most: u16) -> bool {
        self.window.fetch_max(most, Ordering::AcqRel) < most
    }

    pub(super) fn letters(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn holding(&self) -> MutexGuard<'_, Holding> {
        self.holding.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its connection, once work was taken. Who sets it takes it away in the end, as each knows the other.
    pub(super) fn link(&self) -> MutexGuard<'_, Option<Arc<Link>>> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connection(&self) -> MutexGuard<'_, Option<Arc<Connection>>> {
        let connection = self.connection.lock();
        connection.unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the work is in front of that of the task.
    fn tag(&self, id: Id) -> u64 {
        (u64::from(self.number) << 48) | u64::from(id)
    }
}

impl Taker for Work {
    fn made(&self, connection: &Arc<Connection>) {
        let mut holding = self.holding();
        let first = self.connection().replace(connection.clone()).is_none();
        let lost = holding.made(connection.resumed, first);
        drop(holding);
        if lost > 0 {
            let node = &self.node;
            tracing::error!(%node, lost, "the broker has lost the session of a worker, and tasks that waited there");
        }
    }

    fn up(&self, up: bool) {
        if up {
            self.changed.send_modify(|changed| *changed += 1);
        }
    }

    fn came(&self, publish: Publish) -> bool {
        if publish.topic == self.last.as_bytes() {
            self.last_came.store(true, Ordering::Release);
            self.changed.send_modify(|changed| *changed += 1);
            return true;
        }
        let came = self.holding().came(publish);
        match came {
            Came::Settled => return true,
            Came::Dropped => {
                let node = &self.node;
                tracing::warn!(%node, "a task that was sent without acknowledgement (QoS 0) was left out: too many wait");
            }
            Came::Held if self.passes.load(Ordering::Acquire) => {
                self.changed.send_modify(|changed| *changed += 1);
            }
            Came::Held => self.give(),
        }
        false
    }

    fn returned(&self, _: &str, _: Parcel) {}
}

/// What a tag is of: the number of the work, and the task in it.
pub(super) fn of_tag(tag: u64) -> (u16, Id) {
    ((tag >> 48) as u16, tag as u32)
}
