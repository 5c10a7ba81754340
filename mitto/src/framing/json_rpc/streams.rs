//! The streams that this end has asked for: which subscription is which request.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Acquire, Ordering::Release};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::id::{Id, is_id};
use crate::envelope::CorrelationId;

/// The streams that this end has asked for.
#[derive(Debug, Default)]
pub(super) struct Streams {
    /// Whether there are any. Mostly there are none, and then nothing is locked for a message.
    any: AtomicBool,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    /// The subscription of each, once it is known.
    asked: HashMap<CorrelationId, Option<Id>>,
    by_subscription: HashMap<Id, CorrelationId>,
}

/// What a response to a stream's request means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// The request is none of a stream.
    NoStream,
    /// The stream has begun.
    Opened,
    /// The response is no subscription, or not the first one.
    Wrong,
}

impl Streams {
    pub(super) fn is_empty(&self) -> bool {
        !self.any.load(Acquire)
    }

    /// A request is about to be sent.
    pub(super) fn asked(&self, id: CorrelationId) {
        let mut table = self.table();
        table.asked.insert(id, None);
        self.any.store(true, Release);
    }

    /// The response to a request has come.
    pub(super) fn open(&self, id: CorrelationId, subscription: &[u8]) -> Opening {
        if self.is_empty() {
            return Opening::NoStream;
        }
        let mut table = self.table();
        match table.asked.get_mut(&id) {
            None => Opening::NoStream,
            Some(none @ None) if is_id(subscription) && subscription != b"null" => {
                *none = Some(Id::new(subscription));
                table.by_subscription.insert(Id::new(subscription), id);
                Opening::Opened
            }
            Some(_) => Opening::Wrong,
        }
    }

    /// The request of a subscription.
    pub(super) fn find(&self, subscription: &[u8]) -> Option<CorrelationId> {
        let table = self.table();
        table.by_subscription.get(&Id::new(subscription)).copied()
    }

    /// A stream has ended, or is given up.
    pub(super) fn close(&self, id: CorrelationId) {
        if self.is_empty() {
            return;
        }
        let mut table = self.table();
        if let Some(Some(subscription)) = table.asked.remove(&id) {
            table.by_subscription.remove(&subscription);
        }
        self.any.store(!table.asked.is_empty(), Release);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
