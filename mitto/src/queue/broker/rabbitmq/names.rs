//! What things are called at the broker.

use std::fmt::Write as _;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::queue::broker::Node;

/// The exchange that dead letters go through.
pub(super) const DEAD: &str = "mitto.dead";

/// The exchange that topics are routing keys of.
pub(super) const TOPICS: &str = "mitto.topics";

/// What the inbox of every line begins with.
const INBOX: &str = "mitto.inbox.";

/// Where answers may be sent to: inboxes, and what the broker itself makes for its plain clients. Anything
/// else may be the queue of somebody who has not asked.
const REPLIES: [&str; 3] = [INBOX, "amq.rabbitmq.reply-to.", "amq.gen-"];

/// The longest name that AMQP has for a queue or a header, and the longest text in a property.
pub(super) const SHORT: usize = 255;

/// The queue of a node.
pub(super) fn queue(node: &Node) -> String {
    ["mitto.", node.application(), ".", node.name()].concat()
}

/// The queue of a node's dead letters, which is its routing key as well.
pub(super) fn dead(node: &Node) -> String {
    format!("{DEAD}.{}", node.joined('.'))
}

/// The exchange to all workers of a node.
pub(super) fn workers(node: &Node) -> String {
    format!("mitto.workers.{}", node.joined('.'))
}

/// An inbox that nobody guesses.
pub(super) fn inbox(purpose: &str) -> String {
    format!("{INBOX}{purpose}.{:032x}", rand::random::<u128>())
}

/// Whether it is an inbox of ours.
pub(super) fn is_inbox(name: &str) -> bool {
    name.starts_with(INBOX)
}

pub(super) fn is_reply_place(name: &str) -> bool {
    let is_place = REPLIES.iter().any(|prefix| {
        let rest = name.strip_prefix(prefix);
        rest.is_some_and(|rest| !rest.is_empty())
    });
    is_place && name.len() <= SHORT
}

/// A topic as a routing key, which has 255 bytes at most: what is not `A-Z a-z 0-9 _ - . /` is `%` and its
/// byte in hexadecimal digits; one that is too long so is `sha256:` and its hash.
pub(super) fn topic(topic: &str) -> String {
    let mut key = String::with_capacity(topic.len());
    for byte in topic.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'/' => {
                key.push(byte.into());
            }
            _ => {
                let _ = write!(key, "%{byte:02X}");
            }
        }
    }
    match key.len() {
        ..=255 => key,
        _ => format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(topic))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_the_node() {
        let node = Node::parse("shop/orders").expect("a node");
        assert_eq!(queue(&node), "mitto.shop.orders");
        assert_eq!(dead(&node), "mitto.dead.shop.orders");
        assert_eq!(workers(&node), "mitto.workers.shop.orders");
    }

    #[test]
    fn answers_go_to_inboxes_only() {
        assert!(is_reply_place(&inbox("gateway")));
        for place in ["amq.gen-Xa7", "amq.rabbitmq.reply-to.g1h2.x=="] {
            assert!(is_reply_place(place), "{place}");
        }
        for place in [
            "",
            "mitto.inbox.",
            "orders",
            "amq.rabbitmq.reply-to",
            "x.mitto.inbox.a",
            &format!("{INBOX}{}", "x".repeat(256)),
        ] {
            assert!(!is_reply_place(place), "{place}");
        }
    }

    #[test]
    fn topics_are_safe_keys() {
        assert_eq!(topic("rooms/eu-1"), "rooms/eu-1");
        assert_eq!(topic("a b#*ż"), "a%20b%23%2A%C5%BC");
        let long = topic(&"x".repeat(256));
        assert!(long.starts_with("sha256:") && long.len() == 71, "{long}");
    }
}
