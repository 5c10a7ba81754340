//! The subjects that messages travel by.

use std::fmt::Write;
use std::sync::Arc;

use data_encoding::BASE32_NOPAD;

use crate::queue::broker::Node;

/// The queue group of a node's workers, and the consumer of its stream.
pub(super) const WORKERS: &str = "workers";

/// What every inbox of ours begins with.
const INBOX: &str = "mitto.inbox.";

/// What the inboxes of other clients begin with.
const FOREIGN_INBOX: &str = "_INBOX.";

/// The longest name of a topic, encoded: a line of the protocol has 4 KiB.
const TOPIC_MAX: usize = 2048;

/// What the last part of a reply subject begins with that is this driver's own business.
pub(super) const OWN: char = '~';

pub(super) fn queue(node: &Node) -> String {
    format!("mitto.{}", node.joined('.'))
}

pub(super) fn workers(node: &Node) -> String {
    format!("mitto.workers.{}", node.joined('.'))
}

pub(super) fn dead(node: &Node) -> String {
    format!("mitto.dead.{}", node.joined('.'))
}

/// None if the name is too long.
pub(super) fn topic(topic: &str) -> Option<String> {
    let mut subject = "mitto.topic.all.".to_owned();
    if topic.is_empty() {
        subject.push('=');
    }
    for byte in topic.bytes() {
        match is_plain(byte) {
            true => subject.push(char::from(byte)),
            false => {
                let _ = write!(subject, "={byte:02X}");
            }
        }
    }
    (subject.len() <= TOPIC_MAX).then_some(subject)
}

/// A new inbox, which nobody can guess.
pub(super) fn inbox(purpose: &str) -> Arc<str> {
    format!("{INBOX}{}.{}", plain(purpose), random()).into()
}

/// A new place for what JetStream gives.
pub(super) fn pull() -> String {
    format!("mitto.pull.{}", random())
}

fn random() -> String {
    BASE32_NOPAD.encode(&rand::random::<[u8; 16]>())
}

fn plain(text: &str) -> String {
    let cut = text.bytes().filter(|byte| is_plain(*byte)).take(32);
    cut.map(char::from).collect()
}

/// Whether a text may be the end of a subject as it is.
pub(super) fn is_end(text: &str) -> bool {
    let fits = |byte| is_plain(byte) || matches!(byte, b'.' | b':');
    text.bytes().all(fits) && text.split('.').all(|part| !part.is_empty())
}

fn is_part(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_plain)
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// A reply place, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// An inbox of ours, and what follows it.
    Ours(&'a str, Option<&'a str>),
    /// Another client's.
    Foreign,
}

/// Takes a reply place apart. None if it is not of a form that is answered to.
pub(super) fn place(subject: &str) -> Option<Place<'_>> {
    if let Some(rest) = subject.strip_prefix(INBOX) {
        let mut parts = rest.splitn(3, '.');
        let (purpose, random, last) = (parts.next()?, parts.next()?, parts.next());
        let fits = |last: &str| match last.strip_prefix(OWN) {
            Some(own) => own.bytes().all(is_plain),
            None => is_end(last),
        };
        if !is_part(purpose) || !is_part(random) || !last.is_none_or(fits) {
            return None;
        }
        let inbox = &subject[..INBOX.len() + purpose.len() + 1 + random.len()];
        return Some(Place::Ours(inbox, last));
    }
    let rest = subject.strip_prefix(FOREIGN_INBOX)?;
    let may_be = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'*' | b'>');
    let fits = rest.bytes().all(may_be) && rest.split('.').all(|part| !part.is_empty());
    (fits && subject.len() <= 512).then_some(Place::Foreign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_cannot_hold_wildcards() {
        for (name, subject) in [
            ("news", "mitto.topic.all.news"),
            ("a.b", "mitto.topic.all.a=2Eb"),
            (">", "mitto.topic.all.=3E"),
            ("*", "mitto.topic.all.=2A"),
            ("", "mitto.topic.all.="),
            ("ä b", "mitto.topic.all.=C3=A4=20b"),
        ] {
            assert_eq!(topic(name).as_deref(), Some(subject));
        }
        assert_eq!(topic(&"x".repeat(4000)), None);
    }

    #[test]
    fn inboxes_are_reply_places() {
        let inbox = inbox("gate way");
        assert!(inbox.starts_with("mitto.inbox.gateway."), "{inbox}");
        assert_eq!(place(&inbox), Some(Place::Ours(&inbox, None)));
        let with = format!("{inbox}.7-a");
        assert_eq!(place(&with), Some(Place::Ours(&inbox, Some("7-a"))));
        let with = format!("{inbox}.3.14:15");
        assert_eq!(place(&with), Some(Place::Ours(&inbox, Some("3.14:15"))));
        let own = format!("{inbox}.~7");
        assert_eq!(place(&own), Some(Place::Ours(&inbox, Some("~7"))));
        assert_eq!(place("_INBOX.a.b"), Some(Place::Foreign));
    }

    #[test]
    fn anything_else_is_none() {
        for subject in [
            "",
            "mitto.shop.orders",
            "$JS.API.STREAM.DELETE.x",
            "mitto.inbox",
            "mitto.inbox.gateway",
            "mitto.inbox.gateway.",
            "mitto.inbox.gateway.a.",
            "mitto.inbox.gateway.*",
            "mitto.inbox.gateway.a.>",
            "mitto.inbox.gateway.a.b..c",
            "mitto.inbox.gateway.a.b.",
            "_INBOX.",
            "_INBOX.>",
            "_INBOX.a.*",
            "_INBOX.a..b",
            "_INBOX.a b",
            "_INBOX.a\r\nPUB x 0",
        ] {
            assert_eq!(place(subject), None, "{subject}");
        }
    }
}
