//! The messages of these tests.

use mitto::{Notification, Request};
use serde::{Deserialize, Serialize};

/// Comes back as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Request)]
#[request(response = Echo)]
pub(super) struct Echo {
    pub(super) text: String,
}

/// Is answered with as many bytes once the gate lets it through.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String)]
pub(super) struct Wait {
    pub(super) bytes: usize,
}

/// Reports progress as often as the gate lets one through, and never ends.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = ())]
pub(super) struct Work {}

/// A stream of items of some size, then the end.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = Item)]
pub(super) struct Watch {
    pub(super) items: u32,
    pub(super) bytes: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) n: u32,
    pub(super) text: String,
}

/// Goes wrong in the way asked for.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = Bad, error = Oops)]
pub(super) struct Fail {
    pub(super) how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum How {
    Error,
    Denied,
    Panic,
    PanicWaiting,
    PanicInDrop,
    NoAnswer,
    UnableToSerialize,
    PanicInSerialize,
    TooLarge,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("oops {0}")]
pub(super) struct Oops(pub(super) u32);

/// A value that some formats, or nobody, can carry.
#[derive(Debug, PartialEq, Deserialize)]
pub(super) struct Bad(pub(super) Option<How>);

impl Serialize for Bad {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(How::PanicInSerialize) => panic!("in Serialize, as the test asks for"),
            Some(How::TooLarge) => "x".repeat(2 << 20).serialize(to),
            Some(How::UnableToSerialize) => Err(serde::ser::Error::custom("not today")),
            other => other.serialize(to),
        }
    }
}

/// A request that cannot be sent.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = ())]
pub(super) struct Unsendable(pub(super) Bad);

#[derive(Debug, Serialize, Deserialize, Notification)]
pub(super) struct Note {
    pub(super) wait: bool,
}
