//! All messages of one direction.

use super::sort::{first, key, sorted};
use super::text::Text;
use crate::envelope::MessageId;
use crate::message::MessageInfo;

/// All messages that go to one side of a schema, those of included schemas behind its own.
#[derive(Debug)]
pub struct List {
    /// The messages, in the order in which they are written.
    pub messages: &'static [&'static MessageInfo],
    /// Their ids and those of their earlier names, sorted.
    by_id: &'static [u64],
}

impl List {
    /// A direction without messages.
    pub const EMPTY: Self = Self {
        messages: &[],
        by_id: &[],
    };

    /// Joins what [`join`] and [`by_id`] made.
    pub const fn new(messages: &'static [&'static MessageInfo], by_id: &'static [u64]) -> Self {
        Self { messages, by_id }
    }

    /// The message with this id, or with an earlier name of this id.
    pub const fn find(&self, id: MessageId) -> Option<&'static MessageInfo> {
        match first(self.by_id, id.0) {
            Some(at) => Some(self.messages[at]),
            None => None,
        }
    }

    /// Whether a message itself has this id, not an earlier name of one.
    pub(crate) const fn has(&self, id: MessageId) -> bool {
        match self.find(id) {
            Some(message) => message.id.0 == id.0,
            None => false,
        }
    }
}

/// How many messages there are.
pub const fn count(own: &[&MessageInfo], included: &[&List]) -> usize {
    let mut count = own.len();
    let mut at = 0;
    while at < included.len() {
        count += included[at].messages.len();
        at += 1;
    }
    count
}

/// All messages in one array of [`count`] places.
pub const fn join<const N: usize>(
    own: &[&'static MessageInfo],
    included: &[&List],
) -> [&'static MessageInfo; N] {
    const NONE: &MessageInfo = &MessageInfo::NONE;
    let mut all = [NONE; N];
    let mut count = 0;
    while count < own.len() {
        all[count] = own[count];
        count += 1;
    }
    let mut list = 0;
    while list < included.len() {
        let messages = included[list].messages;
        let mut at = 0;
        while at < messages.len() {
            all[count] = messages[at];
            count += 1;
            at += 1;
        }
        list += 1;
    }
    all
}

/// How many names there are, earlier ones included.
pub const fn names(messages: &[&MessageInfo]) -> usize {
    let mut names = messages.len();
    let mut at = 0;
    while at < messages.len() {
        names += messages[at].was.len();
        at += 1;
    }
    names
}

/// The ids of all [`names`], sorted.
pub const fn by_id<const N: usize>(messages: &[&MessageInfo]) -> [u64; N] {
    let mut keys = [0; N];
    let (mut at, mut count) = (0, 0);
    while at < messages.len() {
        let message = messages[at];
        keys[count] = key(message.id.0, at);
        count += 1;
        let mut earlier = 0;
        while earlier < message.was.len() {
            keys[count] = key(MessageId::of_name(message.was[earlier]).0, at);
            count += 1;
            earlier += 1;
        }
        at += 1;
    }
    sorted(keys)
}

/// The hashes of the present names, sorted.
pub const fn by_name<const N: usize>(messages: &[&MessageInfo]) -> [u64; N] {
    let mut keys = [0; N];
    let mut at = 0;
    while at < messages.len() {
        keys[at] = key(MessageId::of_name(messages[at].name).0, at);
        at += 1;
    }
    sorted(keys)
}

/// Refuses the messages from `from` up to `to` that cannot be told from an earlier one.
#[track_caller]
pub const fn distinct(list: &List, by_name: &[u64], from: usize, to: usize) {
    let mut at = from;
    while at < to {
        let message = list.messages[at];
        if let Some(earlier) = first(by_name, MessageId::of_name(message.name).0)
            && earlier < at
            && same(list.messages[earlier].name, message.name)
        {
            refuse(message, list.messages[earlier], "name");
        }
        if let Some(earlier) = first(list.by_id, message.id.0)
            && earlier < at
        {
            refuse(message, list.messages[earlier], "id");
        }
        let mut was = 0;
        while was < message.was.len() {
            if let Some(earlier) = first(list.by_id, MessageId::of_name(message.was[was]).0)
                && earlier < at
            {
                Text::new("the earlier name `")
                    .push(message.was[was])
                    .push("` of ")
                    .name(message.rust)
                    .push(" stands for ")
                    .name(list.messages[earlier].rust)
                    .push(": take `was = \"")
                    .push(message.was[was])
                    .push("\"` out of one of them")
                    .refuse("E352");
            }
            was += 1;
        }
        at += 1;
    }
}

#[track_caller]
const fn refuse(message: &MessageInfo, earlier: &MessageInfo, what: &str) -> ! {
    let text = Text::new("").name(message.rust);
    let text = if same(message.rust, message.name) {
        text
    } else {
        text.push(" (named `").push(message.name).push("`)")
    };
    text.push(" has the message ")
        .push(what)
        .push(" of ")
        .name(earlier.rust)
        .push(": give one of them another `name = \"..\"`")
        .push(if what.len() == 2 {
            ", or an `id = ..`"
        } else {
            ""
        })
        .refuse("E351");
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}
