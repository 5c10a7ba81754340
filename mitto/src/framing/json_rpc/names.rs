//! Method -> message.

use super::RESERVED;
use crate::address::Address;
use crate::codec::plain;
use crate::envelope::MessageId;

/// The methods of one end: the names of its messages, earlier ones included.
#[derive(Debug, Default)]
pub struct Methods {
    /// Sorted by the hash of the name.
    entries: Vec<Entry>,
    /// The ids of messages, sorted.
    ids: Vec<MessageId>,
}

#[derive(Debug)]
struct Entry {
    hash: MessageId,
    name: Box<str>,
    /// Whether the name is written as it is, and none that the protocol may have.
    is_plain: bool,
    method: Method,
}

/// What a method is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Method {
    pub(super) message: MessageId,
    pub(super) is_stream: bool,
}

impl Methods {
    /// Adds a method: a name, the message that it stands for, and whether that is answered by a stream.
    pub fn add(&mut self, name: &str, message: MessageId, is_stream: bool) {
        let hash = MessageId::of_name(name);
        let at = self.entries.partition_point(|entry| entry.hash < hash);
        let method = Method { message, is_stream };
        let entry = Entry {
            hash,
            name: name.into(),
            is_plain: plain(name.as_bytes()) == name.len() && !name.starts_with(RESERVED),
            method,
        };
        self.entries.insert(at, entry);
        let at = self.ids.partition_point(|id| *id < message);
        self.ids.insert(at, message);
    }

    /// The message of a name. One that was not added has the id that its name gives it, so that a
    /// provider may know more than its schema says.
    pub(super) fn find(&self, name: &str) -> Method {
        let hash = MessageId::of_name(name);
        if let Some(entry) = self.entry(hash, name.as_bytes()) {
            return entry.method;
        }
        // Not by accident another message.
        let is_free = self.ids.binary_search(&hash).is_err();
        Method {
            message: if is_free { hash } else { MessageId::NONE },
            is_stream: false,
        }
    }

    /// The same, and the address where the method is one, `application/node/action`: its action is the name
    /// then. A method that was added is none, whatever it looks like.
    pub(super) fn find_addressed<'a>(&self, name: &'a str) -> (Method, Option<Address<'a>>) {
        if name.contains('/')
            && self
                .entry(MessageId::of_name(name), name.as_bytes())
                .is_none()
            && let Ok(address) = Address::parse(name)
            && let Some(action) = address.action()
        {
            return (self.find(action), Some(address));
        }
        (self.find(name), None)
    }

    /// The same as [`find`](Self::find) for a name in quotes, if it was added and needs no second look.
    pub(super) fn find_quoted(&self, name: &[u8]) -> Option<Method> {
        let name = name.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        let entry = self.entry(MessageId::of_bytes(name), name)?;
        entry.is_plain.then_some(entry.method)
    }

    fn entry(&self, hash: MessageId, name: &[u8]) -> Option<&Entry> {
        let at = self.entries.partition_point(|entry| entry.hash < hash);
        let mut same_hash = self.entries[at..]
            .iter()
            .take_while(|entry| entry.hash == hash);
        same_hash.find(|entry| entry.name.as_bytes() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_found_by_name_and_not_by_id() {
        let mut methods = Methods::default();
        let number = MessageId::of_name("Other");
        methods.add("Watch", number, true);
        methods.add("Look", number, true);
        for name in ["Watch", "Look"] {
            assert_eq!(
                methods.find(name),
                Method {
                    message: number,
                    is_stream: true
                }
            );
        }
        assert_eq!(methods.find("Other").message, MessageId::NONE);
        assert_eq!(methods.find("New").message, MessageId::of_name("New"));
    }

    #[test]
    fn methods_may_be_addresses() {
        let mut methods = Methods::default();
        methods.add("Watch", MessageId(1), true);
        methods.add("a/b/Own", MessageId(2), false);
        let watch = methods.find("Watch");
        let address = Address::parse("shop/stock/Watch").unwrap();
        assert_eq!(
            methods.find_addressed("shop/stock/Watch"),
            (watch, Some(address))
        );
        let (method, address) = methods.find_addressed("shop/stock/New");
        assert_eq!(method, methods.find("New"));
        assert_eq!(
            address.map(|it| it.to_string()).as_deref(),
            Some("shop/stock/New")
        );
        for name in [
            "Watch",
            "a/b/Own",
            "shop/stock",
            "shop//Watch",
            "a/b/c/Watch",
        ] {
            assert_eq!(
                methods.find_addressed(name),
                (methods.find(name), None),
                "{name}"
            );
        }
    }

    #[test]
    fn quoted_names_are_found_as_they_are_written() {
        let mut methods = Methods::default();
        for name in ["Look", "a\"b", "a\\nb", "mitto.cancel"] {
            methods.add(name, MessageId::of_name(name), false);
        }
        assert_eq!(methods.find_quoted(b"\"Look\""), Some(methods.find("Look")));
        for name in [
            "Look",
            "\"",
            "\"New\"",
            "\"a\"b\"",
            "\"a\\nb\"",
            "\"mitto.cancel\"",
        ] {
            assert_eq!(methods.find_quoted(name.as_bytes()), None, "{name}");
        }
    }
}
