//! The consuming connection, with what has come on it.

use lapin::message::Delivery as Message;

use super::buried::{Buried, Burying, Raw};
use super::common::Common;
use super::inbox::Inbox;
use super::link::Link;
use super::properties;
use super::work::Work;
use super::{names, topology};
use crate::queue::broker::tags::ByTag;
use crate::queue::broker::wire::Place;
use crate::queue::broker::{Delivery, Node, Settled};

/// A connection, with what has come on it.
pub(super) struct Connected {
    pub(super) link: Link,
    pub(super) inbox: Inbox,
    pub(super) works: Vec<Work>,
    given: ByTag<Given>,
    pub(super) burying: usize,
}

/// A delivery that is not settled.
struct Given {
    work: usize,
    tag: u64,
    attempt: u32,
    raw: Option<Raw>,
}

impl Connected {
    pub(super) fn new(link: Link, inbox: Inbox) -> Self {
        Self {
            link,
            inbox,
            works: Vec::new(),
            given: ByTag::default(),
            burying: 0,
        }
    }

    /// The work of a node, with its queue.
    pub(super) async fn work(&mut self, node: &Node, common: &Common) -> lapin::Result<usize> {
        if let Some(at) = self.works.iter().position(|work| work.node == *node) {
            return Ok(at);
        }
        let channel = self.link.connection().create_channel().await?;
        topology::node(&channel, node, common.kind).await?;
        self.inbox.bind(&names::workers(node), "").await?;
        self.works.push(Work::new(node.clone(), channel));
        Ok(self.works.len() - 1)
    }

    pub(super) async fn consume(&mut self, work: usize) -> lapin::Result<()> {
        match self.works.get_mut(work) {
            Some(work) => work.consume().await,
            None => Ok(()),
        }
    }

    pub(super) fn give(&mut self, work: usize, message: Message, tag: u64, common: &Common) {
        let node = self.works[work].node.clone();
        let (properties, body) = (message.properties, message.data);
        let attempt = properties::attempt(&properties, message.redelivered);
        let (copy, trusted) = (body.clone(), &common.trusted);
        let parcel = properties::read(Place::Queue, &properties, body, trusted, &common.limits);
        let given = Given {
            work,
            tag: message.delivery_tag,
            attempt,
            raw: Some(Raw {
                properties,
                body: copy,
            }),
        };
        self.given.insert(tag, given);
        let delivery = Delivery::new(tag, node, attempt, parcel);
        common.receiver.deliver(delivery);
    }

    /// With a word of its own when so many messages are written.
    pub(super) fn settle(&mut self, tag: u64, settled: Settled, sent: u64, burying: &Burying) {
        let Some(given) = self.given.get_mut(&tag) else {
            return;
        };
        let work = &mut self.works[given.work];
        match settled {
            Settled::Done => work.done(given.tag, sent),
            Settled::GiveBack => work.give_back(given.tag),
            Settled::Dead(reason) => {
                // Once, and it stays unsettled until its letter is confirmed.
                if let Some(raw) = given.raw.take() {
                    self.burying += 1;
                    burying.bury(Buried {
                        tag,
                        node: work.node.clone(),
                        raw,
                        reason,
                        attempt: given.attempt,
                    });
                }
                return;
            }
        }
        self.given.remove(&tag);
    }

    pub(super) fn buried(&mut self, tag: u64, buried: bool) {
        // Those of an earlier connection are unknown.
        let Some(given) = self.given.remove(&tag) else {
            return;
        };
        self.burying = self.burying.saturating_sub(1);
        let work = &mut self.works[given.work];
        match buried {
            true => work.done(given.tag, 0),
            false => work.give_back(given.tag),
        }
    }

    /// Acknowledges what is done, as far as so many messages are written. Whether that is all.
    pub(super) fn flush(&mut self, written: u64) -> bool {
        for work in &mut self.works {
            work.flush(written);
        }
        !self.holds()
    }

    /// Whether something is done and not acknowledged.
    pub(super) fn holds(&self) -> bool {
        self.works.iter().any(Work::holds)
    }

    pub(super) async fn end(self) {
        self.inbox.delete().await;
        self.link.close().await;
    }
}
