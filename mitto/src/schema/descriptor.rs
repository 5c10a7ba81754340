//! A schema as data.

use std::borrow::Cow;
use std::mem;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{List, Shape, Side};
use crate::envelope::MessageId;
use crate::message::{MessageInfo, MessageKind};

/// A schema as data: what two ends exchange, in both directions. It travels, and tools read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Descriptor {
    /// The schema's name.
    pub name: Cow<'static, str>,
    /// Its documentation.
    pub docs: Cow<'static, str>,
    /// The messages that go from the client to the server.
    pub to_server: Cow<'static, [MessageDescriptor]>,
    /// The messages that go from the server to the client.
    pub to_client: Cow<'static, [MessageDescriptor]>,
    /// A hash of the messages' names, ids, kinds, types and required grants that does not depend on their order: two
    /// ends with equal digests need not compare further.
    pub digest: u64,
}

/// A message as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MessageDescriptor {
    /// Its name on the wire.
    pub name: Cow<'static, str>,
    /// Its id on the wire.
    pub id: u32,
    /// How it is answered.
    pub kind: MessageKind,
    /// Earlier names, which are still understood.
    pub was: Names,
    /// The name of its Rust type.
    pub rust: Cow<'static, str>,
    /// The response or item type as written; `()` for a notification.
    pub response: Cow<'static, str>,
    /// The handler's own error type as written.
    pub error: Option<Cow<'static, str>>,
    /// Its documentation.
    pub docs: Cow<'static, str>,
    /// Its deadline in milliseconds, where it names one.
    pub timeout_ms: Option<u64>,
    /// Whether it may be run twice without harm.
    pub idempotent: bool,
    /// Whether its caller needs an identity.
    #[serde(default)]
    pub authenticated: bool,
    /// The grants that its caller needs, all of them.
    #[serde(default)]
    pub requires: Names,
    /// What it and its outcomes look like in a format without names.
    #[serde(default)]
    pub shape: Shape,
}

impl Descriptor {
    /// Describes a schema.
    pub const fn new(
        name: &'static str,
        docs: &'static str,
        to_server: &'static [MessageDescriptor],
        to_client: &'static [MessageDescriptor],
        digest: u64,
    ) -> Self {
        Self {
            name: Cow::Borrowed(name),
            docs: Cow::Borrowed(docs),
            to_server: Cow::Borrowed(to_server),
            to_client: Cow::Borrowed(to_client),
            digest,
        }
    }

    /// The messages that go to `side`, in the order in which they are written.
    pub fn messages_to(&self, side: Side) -> &[MessageDescriptor] {
        match side {
            Side::Server => &self.to_server,
            Side::Client => &self.to_client,
        }
    }

    /// The message to `side` with this id, or with an earlier name of this id. Takes time that grows
    /// with the schema.
    pub fn message(&self, side: Side, id: MessageId) -> Option<&MessageDescriptor> {
        self.messages_to(side).iter().find(|message| {
            message.id == id.0 || message.was.iter().any(|was| MessageId::of_name(was) == id)
        })
    }
}

impl MessageDescriptor {
    const fn new(info: &'static MessageInfo) -> Self {
        Self {
            name: Cow::Borrowed(info.name),
            id: info.id.0,
            kind: info.kind,
            was: Names::Static(info.was),
            rust: Cow::Borrowed(info.rust),
            response: Cow::Borrowed(info.response),
            error: match info.error {
                Some(error) => Some(Cow::Borrowed(error)),
                None => None,
            },
            docs: Cow::Borrowed(info.docs),
            timeout_ms: match info.timeout {
                Some(timeout) => Some(millis(timeout)),
                None => None,
            },
            idempotent: info.idempotent,
            authenticated: info.authenticated,
            requires: Names::Static(info.requires),
            shape: Shape::Static(info),
        }
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "a timeout is given in u64 milliseconds"
)]
const fn millis(duration: Duration) -> u64 {
    duration.as_millis() as u64
}

/// A list of names.
#[derive(Clone, Debug)]
pub enum Names {
    /// Known at compile time.
    Static(&'static [&'static str]),
    /// Read from elsewhere.
    Owned(Vec<String>),
}

impl Names {
    /// The names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let (known, read): (&[&str], &[String]) = match self {
            Self::Static(known) => (known, &[]),
            Self::Owned(read) => (&[], read),
        };
        known.iter().copied().chain(read.iter().map(String::as_str))
    }
}

impl Default for Names {
    fn default() -> Self {
        Self::Static(&[])
    }
}

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Names {}

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::deserialize(from).map(Self::Owned)
    }
}

/// Describes all messages of a list, which has `N`.
pub const fn describe<const N: usize>(list: &List) -> [MessageDescriptor; N] {
    let mut all = [const { MessageDescriptor::new(&MessageInfo::NONE) }; N];
    let mut at = 0;
    while at < N {
        let described = MessageDescriptor::new(list.messages[at]);
        // An assignment would drop the old value, which a const fn cannot.
        mem::forget(mem::replace(&mut all[at], described));
        at += 1;
    }
    all
}

/// The digest of both directions.
pub const fn digest(to_server: &List, to_client: &List) -> u64 {
    digest_of(to_server, b"server").wrapping_add(digest_of(to_client, b"client"))
}

const fn digest_of(list: &List, direction: &[u8]) -> u64 {
    let mut sum = 0_u64;
    let mut at = 0;
    while at < list.messages.len() {
        let message = list.messages[at];
        let kind: &[u8] = match message.kind {
            MessageKind::Request => b"request",
            MessageKind::Stream => b"stream",
            MessageKind::Notification => b"notification",
        };
        let hash = hash(FNV_OFFSET, direction);
        let hash = self::hash(hash, message.name.as_bytes());
        let hash = self::hash(hash, kind);
        let hash = self::hash(hash, message.response.as_bytes());
        let hash = self::hash(
            hash,
            match message.error {
                Some(error) => error.as_bytes(),
                None => b"",
            },
        );
        let hash = self::hash(hash, &message.id.0.to_le_bytes());
        let hash = required(message, hash);
        sum = sum.wrapping_add(hash);
        at += 1;
    }
    sum
}

/// What a message requires of its caller. One that requires nothing adds nothing.
const fn required(message: &MessageInfo, mut hash: u64) -> u64 {
    if message.authenticated {
        hash = self::hash(hash, b"authenticated");
    }
    let mut at = 0;
    while at < message.requires.len() {
        hash = self::hash(hash, message.requires[at].as_bytes());
        at += 1;
    }
    hash
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a of the bytes and of an end mark, so that neighbours do not run into each other.
const fn hash(mut hash: u64, bytes: &[u8]) -> u64 {
    const PRIME: u64 = 0x0100_0000_01b3;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(PRIME);
        at += 1;
    }
    (hash ^ 0xff).wrapping_mul(PRIME)
}
