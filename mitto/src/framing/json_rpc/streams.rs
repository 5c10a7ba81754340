//! The streams that this end has asked for: which subscription is which request.

use std::collections::HashMap;

use super::id::{Id, is_id};
use crate::envelope::CorrelationId;

/// The streams that this end has asked for.
#[derive(Debug, Default)]
pub(super) struct Streams {
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
        self.asked.is_empty()
    }

    /// A request has been sent.
    pub(super) fn asked(&mut self, id: CorrelationId) {
        self.asked.insert(id, None);
    }

    /// The response to a request has come.
    pub(super) fn open(&mut self, id: CorrelationId, subscription: &[u8]) -> Opening {
        match self.asked.get_mut(&id) {
            None => Opening::NoStream,
            Some(none @ None) if is_id(subscription) && subscription != b"null" => {
                *none = Some(Id::new(subscription));
                self.by_subscription.insert(Id::new(subscription), id);
                Opening::Opened
            }
            Some(_) => Opening::Wrong,
        }
    }

    /// The request of a subscription.
    pub(super) fn find(&self, subscription: &[u8]) -> Option<CorrelationId> {
        self.by_subscription.get(&Id::new(subscription)).copied()
    }

    /// A stream has ended, or is given up.
    pub(super) fn close(&mut self, id: CorrelationId) {
        if let Some(Some(subscription)) = self.asked.remove(&id) {
            self.by_subscription.remove(&subscription);
        }
    }
}
