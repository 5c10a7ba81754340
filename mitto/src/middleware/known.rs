//! The messages that are known by name.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::envelope::MessageId;
use crate::message::{MessageInfo, MessageKind};
use crate::schema::{Descriptor, Side};

/// The name of every message that is not known: there is one, however many are invented.
pub(super) const UNKNOWN: &str = "unknown";

/// The messages of one direction, by id, which middleware knows by name.
#[derive(Clone, Debug, Default)]
pub struct Known {
    known: HashMap<MessageId, (Cow<'static, str>, MessageKind)>,
}

impl Known {
    /// The messages of a schema that go to `side`.
    pub fn new(schema: &Descriptor, side: Side) -> Self {
        let mut all = Self::default();
        for message in schema.messages_to(side) {
            let known = (message.name.clone(), message.kind);
            for was in message.was.iter() {
                all.known.insert(MessageId::of_name(was), known.clone());
            }
            all.known.insert(MessageId(message.id), known);
        }
        all
    }

    /// The same and some that are in no schema.
    pub fn and(mut self, messages: &[&'static MessageInfo]) -> Self {
        for message in messages {
            let known = (Cow::Borrowed(message.name), message.kind);
            self.known.entry(message.id).or_insert(known);
        }
        self
    }

    /// The name and the kind of a message.
    pub(super) fn get(&self, id: MessageId) -> Option<(Cow<'static, str>, MessageKind)> {
        self.known.get(&id).cloned()
    }
}
