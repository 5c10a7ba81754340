//! The messages that a worker knows, by name.

use std::collections::BTreeMap;

use crate::built_in::BuiltIn;
use crate::envelope::MessageId;
use crate::message::MessageKind;
use crate::schema::{Descriptor, Side};

/// The messages that a worker knows, by name.
pub(super) struct Names(BTreeMap<String, Named>);

#[derive(Clone, Copy)]
pub(super) struct Named {
    pub(super) id: MessageId,
    pub(super) kind: MessageKind,
    /// Whether another worker may run it when one is gone. None does so with a stream, of which its reader may
    /// have had items.
    pub(super) may_run_again: bool,
}

impl Names {
    pub(super) fn of(schema: &Descriptor, side: Side) -> Self {
        let mut names = BTreeMap::new();
        for info in BuiltIn::MESSAGES {
            let named = Named {
                id: info.id,
                kind: info.kind,
                may_run_again: info.idempotent && info.kind != MessageKind::Stream,
            };
            names.insert(info.name.to_owned(), named);
        }
        for message in schema.messages_to(side) {
            let named = Named {
                id: MessageId(message.id),
                kind: message.kind,
                may_run_again: message.idempotent && message.kind != MessageKind::Stream,
            };
            for was in message.was.iter() {
                names.insert(was.to_owned(), named);
            }
            names.insert(message.name.to_string(), named);
        }
        Self(names)
    }

    pub(super) fn get(&self, name: &str) -> Option<Named> {
        self.0.get(name).copied()
    }
}
