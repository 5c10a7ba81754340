//! What the broker holds.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::mpsc;

use super::node::{Given, Queue};
use crate::queue::broker::{Delivery, Node, Parcel, Settled};

/// Everything that the broker holds.
#[derive(Default)]
pub(super) struct State {
    queues: HashMap<Node, Queue>,
    lines: HashMap<u64, Known>,
    inboxes: HashMap<Arc<str>, u64>,
    /// What tags, keys and lines are counted by.
    next: u64,
}

/// A line that is open.
struct Known {
    inbox: Arc<str>,
    deliveries: mpsc::UnboundedSender<Delivery>,
    parcels: mpsc::Sender<Incoming>,
    nodes: HashSet<Node>,
    topics: HashSet<String>,
}

/// What comes to a line's inbox.
#[derive(Debug)]
pub(super) enum Incoming {
    Parcel(Parcel),
    Heard(String, Parcel),
    Returned(Arc<str>, Parcel),
}

/// The other end of a line.
pub(super) struct Ends {
    pub(super) id: u64,
    pub(super) inbox: Arc<str>,
    /// Bounded by what the line takes.
    pub(super) deliveries: mpsc::UnboundedReceiver<Delivery>,
    pub(super) parcels: mpsc::Receiver<Incoming>,
}

/// How much may wait in an inbox; whoever sends more waits.
const INBOX: usize = 1_024;

impl State {
    pub(super) fn open(&mut self, purpose: &str) -> Ends {
        self.next += 1;
        let id = self.next;
        let inbox: Arc<str> = format!("mitto.inbox.{purpose}.{id}").into();
        let (deliveries, delivered) = mpsc::unbounded_channel();
        let (parcels, received) = mpsc::channel(INBOX);
        let known = Known {
            inbox: inbox.clone(),
            deliveries,
            parcels,
            nodes: HashSet::new(),
            topics: HashSet::new(),
        };
        self.lines.insert(id, known);
        self.inboxes.insert(inbox.clone(), id);
        Ends {
            id,
            inbox,
            deliveries: delivered,
            parcels: received,
        }
    }

    pub(super) fn close(&mut self, line: u64) {
        let Some(known) = self.lines.remove(&line) else {
            return;
        };
        self.inboxes.remove(&known.inbox);
        for node in &known.nodes {
            if let Some(queue) = self.queues.get_mut(node) {
                queue.leave(line, node, &mut self.next);
            }
            self.give(node);
        }
    }

    pub(super) fn is_open(&self, line: u64) -> bool {
        self.lines.contains_key(&line)
    }

    /// The queue of a node; `None` where nobody has ever taken work from it.
    pub(super) fn queue(&mut self, node: &Node) -> Option<&mut Queue> {
        self.queues.get_mut(node)
    }

    pub(super) fn take_work(&mut self, line: u64, node: &Node, most: u16) {
        let Some(known) = self.lines.get_mut(&line) else {
            return;
        };
        known.nodes.insert(node.clone());
        let queue = self.queues.entry(node.clone()).or_default();
        queue.set_taker(line, usize::from(most));
        self.give(node);
    }

    pub(super) fn settle(&mut self, line: u64, tag: u64, settled: &Settled) {
        let Some(known) = self.lines.get(&line) else {
            return;
        };
        // A line mostly takes work from one node; the others do not know the tag.
        for node in known.nodes.clone() {
            if let Some(queue) = self.queues.get_mut(&node) {
                queue.settle(line, tag, settled.clone(), &node, &mut self.next);
            }
            self.give(&node);
        }
    }

    /// Where the inbox is; `None` when it is gone.
    pub(super) fn inbox(&self, inbox: &str) -> Option<mpsc::Sender<Incoming>> {
        let line = self.inboxes.get(inbox)?;
        Some(self.lines.get(line)?.parcels.clone())
    }

    /// The inboxes of those who take work from a node.
    pub(super) fn workers(&self, node: &Node) -> Vec<mpsc::Sender<Incoming>> {
        let workers = self
            .lines
            .values()
            .filter(|known| known.nodes.contains(node));
        workers.map(|known| known.parcels.clone()).collect()
    }

    pub(super) fn listen(&mut self, line: u64, topic: &str) {
        if let Some(known) = self.lines.get_mut(&line) {
            known.topics.insert(topic.to_owned());
        }
    }

    pub(super) fn unlisten(&mut self, line: u64, topic: &str) {
        if let Some(known) = self.lines.get_mut(&line) {
            known.topics.remove(topic);
        }
    }

    pub(super) fn listeners(&self, topic: &str) -> Vec<mpsc::Sender<Incoming>> {
        let listeners = self
            .lines
            .values()
            .filter(|known| known.topics.contains(topic));
        listeners.map(|known| known.parcels.clone()).collect()
    }

    /// Gives out what can be.
    pub(super) fn give(&mut self, node: &Node) {
        let Some(queue) = self.queues.get_mut(node) else {
            return;
        };
        let lines = &self.lines;
        queue.give(node, &mut self.next, |Given { line, delivery }| {
            if let Some(known) = lines.get(&line) {
                // One that is about to be closed gives it back then.
                let _ = known.deliveries.send(delivery);
            }
        });
    }
}
