//! One message in transit.
//!
//! A [`Framing`](crate::framing::Framing) turns a [`Head`] into the bytes before a payload, and the
//! bytes of a frame into an [`Envelope`]; a session, a broker or a forwarder reads the head and
//! passes the payload on. Nothing here allocates except [`Metadata`].

mod entries;
mod id;
mod list;
mod metadata;
mod timing;

use std::fmt;
use std::num::NonZeroU64;
use std::time::Duration;

pub use self::entries::{Entries, MetadataError};
pub use self::id::{CorrelationId, MessageId};
pub use self::list::{List, ListError, item_cost};
pub use self::metadata::Metadata;
pub(crate) use self::timing::Stopwatch;
pub use self::timing::{ENDED, STARTED, TIMING, Timing};
use crate::address::Address;
use crate::auth::Stated;
use crate::codec::Format;

/// A head and its payload, both borrowed from the frame that they came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// Everything but the payload.
    pub head: Head<'a>,
    /// The payload, or a piece of it; encoded in the head's format.
    pub payload: &'a [u8],
}

/// What an envelope says about its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// What the envelope is for.
    pub kind: Kind,
    /// Whether its sender is the end that made the request. It tells the two directions apart, which
    /// share their kinds and number their requests independently.
    pub from_requester: bool,
    /// Whether the payload continues in a later envelope.
    pub more: bool,
    /// Whether the payload continues that of an earlier envelope of the same kind, sender and
    /// correlation id.
    pub rest: bool,
    /// Of an error: whether the payload is a [`Status`](crate::status::Status) in the framing's own
    /// layout, and not the handler's own error in the request's format.
    pub status: bool,
    /// Of an item: whether the payload is a [`List`] of items.
    pub list: bool,
    /// Of a request: whether it may be run twice.
    pub idempotent: bool,
    /// Of a request: whether it may have run before.
    pub redelivered: bool,
    /// How often it was forwarded; believed only on a link.
    pub hops: u8,
    /// The request it belongs to.
    pub correlation: CorrelationId,
    /// The message in the payload, of a request and a notification.
    pub message: MessageId,
    /// The name of that message, in what this end sends, for framings that send names. Empty in what it
    /// receives, unless that is for a [`client`](Self::client).
    pub name: &'a str,
    /// Of a request that this end sends, or that is for a [`client`](Self::client): whether it is answered by
    /// a stream.
    pub stream: bool,
    /// How the payload is encoded; `None` where there is no payload, or one in the framing's own
    /// layout.
    pub format: Option<Format>,
    /// What is asked.
    pub address: Option<Address<'a>>,
    /// The time that the requester still waits. Travels in whole milliseconds, rounded up, at most
    /// `u32::MAX` of them (49 days).
    pub timeout: Option<Duration>,
    /// What the two ends tell each other beside the message.
    pub metadata: Entries<'a>,
    /// Whom a request or notification was forwarded for; believed only on a link.
    pub identity: Option<Stated<'a>>,
    /// Of a message that was forwarded: the number under which its sender knows who asks, for requests back to
    /// them; believed only on a link.
    pub caller: Option<NonZeroU64>,
    /// Of a request back, or a notification: the number of the caller that it is for. With it comes the name
    /// of the message.
    pub client: Option<NonZeroU64>,
    /// The bytes of the whole payload, in the first of several pieces.
    pub total: Option<u64>,
}

impl Head<'_> {
    /// Makes a head that says nothing but its kind and request; the rest is set with `..`.
    pub const fn new(kind: Kind, correlation: CorrelationId) -> Self {
        Self {
            kind,
            from_requester: false,
            more: false,
            rest: false,
            status: false,
            list: false,
            idempotent: false,
            redelivered: false,
            hops: 0,
            correlation,
            message: MessageId::NONE,
            name: "",
            stream: false,
            format: None,
            address: None,
            timeout: None,
            metadata: Entries::NONE,
            identity: None,
            caller: None,
            client: None,
            total: None,
        }
    }

    /// The same without what it borrows: name, address, metadata and identity, and without what tells a
    /// piece.
    pub const fn detached(&self) -> Head<'static> {
        Head {
            kind: self.kind,
            from_requester: self.from_requester,
            status: self.status,
            list: self.list,
            idempotent: self.idempotent,
            redelivered: self.redelivered,
            hops: self.hops,
            message: self.message,
            stream: self.stream,
            format: self.format,
            timeout: self.timeout,
            caller: self.caller,
            client: self.client,
            ..Head::new(self.kind, self.correlation)
        }
    }
}

/// What an envelope is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum Kind {
    /// The first envelope in each direction: what its sender takes and speaks.
    Hello = 1,
    /// Asks for an outcome.
    Request = 2,
    /// An outcome: the response.
    Response = 3,
    /// An outcome: the handler's own error, or a status.
    Error = 4,
    /// A message without an answer.
    Notification = 5,
    /// The requester gives its request up.
    Cancel = 6,
    /// One item of a stream.
    Item = 7,
    /// An outcome: the stream is complete.
    End = 8,
    /// The reader of a stream allows its sender more bytes.
    Credit = 9,
    /// The handler is at work: the requester's time starts anew.
    Progress = 10,
    /// Its sender takes no new requests and closes when it has answered those that run; and why.
    Goodbye = 11,
    /// Asks for a pong with the same payload.
    Ping = 12,
    /// Answers a ping.
    Pong = 13,
    /// What the messages of its sender look like, when the hellos differ in that.
    Shapes = 14,
}

impl Kind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; 14] = [
        Self::Hello,
        Self::Request,
        Self::Response,
        Self::Error,
        Self::Notification,
        Self::Cancel,
        Self::Item,
        Self::End,
        Self::Credit,
        Self::Progress,
        Self::Goodbye,
        Self::Ping,
        Self::Pong,
        Self::Shapes,
    ];

    /// The kind of a number of the native framing, if there is one.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1..=14 => Some(Self::ALL[number as usize - 1]),
            _ => None,
        }
    }

    /// Its number in the native framing.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Whether it settles a request: a response, an error or the end of a stream.
    pub const fn is_outcome(self) -> bool {
        matches!(self, Self::Response | Self::Error | Self::End)
    }
}

/// The name in lower case, as in `request`.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hello => "hello",
            Self::Request => "request",
            Self::Response => "response",
            Self::Error => "error",
            Self::Notification => "notification",
            Self::Cancel => "cancel",
            Self::Item => "item",
            Self::End => "end",
            Self::Credit => "credit",
            Self::Progress => "progress",
            Self::Goodbye => "goodbye",
            Self::Ping => "ping",
            Self::Pong => "pong",
            Self::Shapes => "shapes",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_keep_their_numbers() {
        for (kind, number) in Kind::ALL.into_iter().zip(1..) {
            assert_eq!(kind.number(), number);
            assert_eq!(Kind::from_number(number), Some(kind));
        }
        assert_eq!(Kind::from_number(0), None);
        assert_eq!(Kind::from_number(15), None);
    }
}
