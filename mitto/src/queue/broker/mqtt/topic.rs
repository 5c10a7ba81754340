//! The topics that messages travel by.

use std::fmt::Write;
use std::sync::Arc;

use data_encoding::BASE32_NOPAD;

use crate::queue::broker::Node;

/// What every inbox begins with.
const INBOX: &str = "mitto/inbox/";

/// What every topic of people begins with.
pub(super) const TOPIC: &str = "mitto/topic/";

/// What all dead letters begin with.
pub(super) const DEAD: &str = "mitto/dead/";

/// The longest topic, in bytes, that the others are told by: MQTT has 65,535.
const LONGEST: usize = 60_000;

/// The longest reply place, in bytes.
const LONGEST_INBOX: usize = 256;

/// Where the tasks of a node go.
pub(super) fn tasks(node: &Node) -> String {
    format!("mitto/tasks/{}", node.joined('/'))
}

/// What its workers share.
pub(super) fn share(node: &Node) -> String {
    format!("$share/workers/{}", tasks(node))
}

/// What all its workers hear.
pub(super) fn workers(node: &Node) -> String {
    format!("mitto/workers/{}", node.joined('/'))
}

/// Where one dead letter is.
pub(super) fn dead(node: &Node, key: &str) -> String {
    format!("{DEAD}{}/{key}", node.joined('/'))
}

/// None if the name is too long.
pub(super) fn topic(name: &str) -> Option<String> {
    let mut topic = TOPIC.to_owned();
    if name.is_empty() {
        topic.push('=');
    }
    for byte in name.bytes() {
        match is_plain(byte) {
            true => topic.push(char::from(byte)),
            false => {
                let _ = write!(topic, "={byte:02X}");
            }
        }
    }
    (topic.len() <= LONGEST).then_some(topic)
}

/// A new inbox, which nobody can guess.
pub(super) fn inbox(purpose: &str) -> Arc<str> {
    format!("{INBOX}{}/{}", plain(purpose), random()).into()
}

/// Where a line sends something to itself, to know that all before it has come.
pub(super) fn echo(inbox: &str) -> String {
    format!("{inbox}/echo")
}

/// Who connects, as people see it in the broker.
pub(super) fn client(purpose: &str) -> String {
    format!("mitto-{}-{}", plain(purpose), random())
}

pub(super) fn random() -> String {
    BASE32_NOPAD.encode(&rand::random::<[u8; 16]>())
}

/// Whether answers may be sent there.
pub(super) fn is_inbox(topic: &str) -> bool {
    let fits = |part: &str| {
        let may_be = |byte| is_plain(byte) || matches!(byte, b'.' | b':');
        !part.is_empty() && part.bytes().all(may_be)
    };
    let parts = topic.strip_prefix(INBOX);
    topic.len() <= LONGEST_INBOX && parts.is_some_and(|parts| parts.split('/').all(fits))
}

fn plain(text: &str) -> String {
    let cut = text.bytes().filter(|byte| is_plain(*byte)).take(32);
    cut.map(char::from).collect()
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_cannot_hold_wildcards() {
        for (name, is) in [
            ("news", "mitto/topic/news"),
            ("a/b", "mitto/topic/a=2Fb"),
            ("#", "mitto/topic/=23"),
            ("+", "mitto/topic/=2B"),
            ("$share/a/b", "mitto/topic/=24share=2Fa=2Fb"),
            ("", "mitto/topic/="),
            ("ä", "mitto/topic/=C3=A4"),
        ] {
            assert_eq!(topic(name).as_deref(), Some(is));
        }
        assert_eq!(topic(&"x".repeat(LONGEST)), None);
    }

    #[test]
    fn inboxes_are_reply_places() {
        let inbox = inbox("gate way");
        assert!(inbox.starts_with("mitto/inbox/gateway/"), "{inbox}");
        for place in [&*inbox, "mitto/inbox/python", "mitto/inbox/a/b.c/d:1"] {
            assert!(is_inbox(place), "{place}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        let long = format!("{INBOX}{}", "a".repeat(300));
        for topic in [
            "",
            "replies/1",
            "mitto/tasks/shop/orders",
            "mitto/inbox",
            "mitto/inbox/",
            "mitto/inbox//a",
            "mitto/inbox/a/",
            "mitto/inbox/+",
            "mitto/inbox/a/#",
            "mitto/inbox/a b",
            "$share/g/mitto/inbox/a",
            "$SYS/a",
            &long,
        ] {
            assert!(!is_inbox(topic), "{topic}");
        }
    }
}
