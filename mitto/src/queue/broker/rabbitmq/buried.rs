//! Tasks on their way to the dead letters: acknowledged when they are there, not before.

use std::sync::Arc;

use lapin::BasicProperties;
use tokio::sync::mpsc;

use super::consumer::Order;
use super::names;
use super::outgoing::{Destination, Outgoing, Publishing, What};
use super::properties;
use crate::queue::broker::Node;
use crate::runtime::spawn;

/// A message as it came, for the dead letters.
pub(super) struct Raw {
    pub(super) properties: BasicProperties,
    pub(super) body: Vec<u8>,
}

/// A task that nobody can handle.
pub(super) struct Buried {
    pub(super) tag: u64,
    pub(super) node: Node,
    pub(super) raw: Raw,
    pub(super) reason: String,
    pub(super) attempt: u32,
}

/// The way to the dead letters.
pub(super) struct Burying {
    publishing: Arc<Publishing>,
    back: mpsc::WeakUnboundedSender<Order>,
}

/// The longest reason, in bytes: it travels in a header.
const REASON: usize = 8 * 1024;

impl Burying {
    pub(super) fn new(publishing: Arc<Publishing>, back: mpsc::WeakUnboundedSender<Order>) -> Self {
        Self { publishing, back }
    }

    /// In a task of its own, as it waits for the other connection.
    pub(super) fn bury(&self, mut task: Buried) {
        let (publishing, back) = (self.publishing.clone(), self.back.clone());
        cut(&mut task.reason);
        let properties = properties::buried(&task.raw.properties, &task.reason, task.attempt);
        let to = Destination::Exchange(names::DEAD.into(), names::dead(&task.node));
        let letter = Outgoing::new(to, What::Letter(Box::new(properties), task.raw.body));
        spawn(async move {
            let buried = publishing.confirmed(letter, true).await;
            if let Err(error) = &buried {
                tracing::warn!(node = %task.node, %error, "a dead letter is not taken, its task is given back");
            }
            if let Some(back) = back.upgrade() {
                let _ = back.send(Order::Buried(task.tag, buried.is_ok()));
            }
        });
    }
}

/// Shortens a reason to what fits.
fn cut(reason: &mut String) {
    let fits = |at: &usize| reason.is_char_boundary(*at);
    let at = (0..=REASON.min(reason.len())).rev().find(fits);
    reason.truncate(at.unwrap_or_default());
}
