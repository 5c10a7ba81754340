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

/// What stands before the head of a task, behind the subject that its answers go to.
pub(super) const OF_TASK: &str = ".=";

/// What stands before the head of what is sent to an inbox, behind its subject.
pub(super) const OF_PARCEL: &str = ".~";

pub(super) fn queue(node: &Node) -> String {
    let (application, name) = (node.application(), node.name());
    joined(&["mitto.", application, ".", name])
}

pub(super) fn workers(node: &Node) -> String {
    format!("mitto.workers.{}", node.joined('.'))
}

pub(super) fn dead(node: &Node) -> String {
    format!("mitto.dead.{}", node.joined('.'))
}

/// Where the claims of a node's tasks are.
pub(super) fn claims(node: &Node) -> String {
    format!("mitto.claims.{}.*.*", node.joined('.'))
}

/// Where a task is claimed that has this number in its stream, and was stored at that time.
pub(super) fn claim(node: &Node, number: u64, stored: u64) -> String {
    format!("mitto.claims.{}.{number}.{stored}", node.joined('.'))
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

/// In a string that is as long as it has to be, which `Subject` takes as it is.
pub(super) fn joined(parts: &[&str]) -> String {
    let mut subject = String::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        subject.push_str(part);
    }
    subject
}

/// Whether a text may be the end of a subject as it is.
pub(super) fn is_end(text: &str) -> bool {
    // Whether a part has just begun.
    let mut begins = true;
    for byte in text.bytes() {
        if !is_plain(byte) && byte != b':' && (begins || byte != b'.') {
            return false;
        }
        begins = byte == b'.';
    }
    !begins
}

/// A part of a subject that is not empty, and what is behind its dot. None where it has what a part has not.
fn part(text: &str) -> Option<(&str, Option<&str>)> {
    match text.bytes().position(|byte| !is_plain(byte)) {
        None if text.is_empty() => None,
        None => Some((text, None)),
        Some(at) if at > 0 && text.as_bytes().get(at) == Some(&b'.') => {
            Some((text.get(..at)?, text.get(at + 1..)))
        }
        Some(_) => None,
    }
}

fn is_plain(byte: u8) -> bool {
    const PLAIN: [bool; 256] = {
        let mut plain = [false; 256];
        let mut byte = 0_u8;
        while byte < 128 {
            plain[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            byte += 1;
        }
        plain
    };
    PLAIN[usize::from(byte)]
}

/// The end of a subject, and the head behind it with its mark.
pub(super) fn split(end: &str) -> (&str, Option<(&str, &str)>) {
    let mut dots = false;
    let at = end.bytes().position(|byte| {
        let is_mark = dots && matches!(byte, b'=' | b'~');
        dots = byte == b'.';
        is_mark
    });
    match at.and_then(|at| Some((end.get(..at - 1)?, end.get(at - 1..)?))) {
        Some((end, marked)) => (end, Some(marked.split_at(2))),
        None => (end, None),
    }
}

/// A reply place, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// An inbox of ours, what follows it, and the head of the task that is answered there.
    Ours(&'a str, Option<&'a str>, Option<&'a str>),
    /// Another client's.
    Foreign,
}

/// What is before the first dot, and what is behind it.
pub(super) fn cut(text: &str) -> (&str, Option<&str>) {
    match text.bytes().position(|byte| byte == b'.') {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    }
}

/// Takes a reply place apart. None if it is not of a form that is answered to.
pub(super) fn place(subject: &str) -> Option<Place<'_>> {
    if let Some(rest) = subject.strip_prefix(INBOX) {
        let (purpose, rest) = part(rest)?;
        let (random, behind) = part(rest?)?;
        let (last, head) = match behind {
            Some(behind) => {
                let (last, head) = answered(behind)?;
                (Some(last), head)
            }
            None => (None, None),
        };
        let inbox = &subject[..INBOX.len() + purpose.len() + 1 + random.len()];
        return Some(Place::Ours(inbox, last, head));
    }
    let rest = subject.strip_prefix(FOREIGN_INBOX)?;
    let may_be = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'*' | b'>');
    let fits = rest.bytes().all(may_be) && rest.split('.').all(|part| !part.is_empty());
    (fits && subject.len() <= 512).then_some(Place::Foreign)
}

/// What follows the inbox in a reply place of ours, and the head of the task that is answered there.
pub(super) fn answered(behind: &str) -> Option<(&str, Option<&str>)> {
    let (last, head) = match split(behind) {
        (last, None) => (last, None),
        (last, Some((OF_TASK, head))) => (last, Some(head)),
        (_, Some(_)) => return None,
    };
    let fits = match last.strip_prefix(OWN) {
        Some(own) => own.bytes().all(is_plain),
        None => is_end(last),
    };
    fits.then_some((last, head))
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
        assert_eq!(place(&inbox), Some(Place::Ours(&inbox, None, None)));
        let with = format!("{inbox}.7-a");
        assert_eq!(place(&with), Some(Place::Ours(&inbox, Some("7-a"), None)));
        let with = format!("{inbox}.3.14:15");
        assert_eq!(
            place(&with),
            Some(Place::Ours(&inbox, Some("3.14:15"), None))
        );
        let with = format!("{inbox}.3.14.=tPing,f2");
        let head = Some("tPing,f2");
        assert_eq!(place(&with), Some(Place::Ours(&inbox, Some("3.14"), head)));
        let own = format!("{inbox}.~7");
        assert_eq!(place(&own), Some(Place::Ours(&inbox, Some("~7"), None)));
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
            "mitto.inbox.gateway.a.=tPing",
            "mitto.inbox.gateway.a.*.=tPing",
            "mitto.inbox.gateway.a.b.~k",
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
