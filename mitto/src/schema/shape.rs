//! The shapes of a schema's messages.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Descriptor, Side};
use crate::envelope::MessageId;
use crate::message::MessageInfo;

/// What a message and its outcomes look like in a format that has no names, such as `compact`.
///
/// It is text, a line for each place: its path, a tab, what stands there. Two ends whose texts are equal
/// understand each other in such a format.
#[derive(Clone, Debug)]
pub enum Shape {
    /// Found when it is asked for.
    Static(&'static MessageInfo),
    /// Read from elsewhere; `None` where it is not known.
    Owned(Option<String>),
}

impl Shape {
    /// The text. `None` where it is not known: shapes are found only with the feature `compact`.
    ///
    /// Takes time that grows with the message.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Static(info) => info.shape(),
            Self::Owned(text) => text.clone(),
        }
    }
}

impl Default for Shape {
    fn default() -> Self {
        Self::Owned(None)
    }
}

impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Shape {}

impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.text().serialize(to)
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Option::deserialize(from).map(Self::Owned)
    }
}

/// The shape of one message, ready to be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeOfMessage {
    /// Which side handles the message.
    pub to: Side,
    /// Its id on the wire.
    pub id: MessageId,
    /// Its name on the wire.
    pub name: String,
    /// The hash of its text.
    pub hash: u64,
    /// See [`Shape`].
    pub text: String,
}

impl Descriptor {
    /// The shapes of all messages whose shape is known; once more for each earlier name.
    pub fn shapes(&self) -> Vec<ShapeOfMessage> {
        let mut shapes = Vec::new();
        for to in [Side::Server, Side::Client] {
            for message in self.messages_to(to) {
                let Some(text) = message.shape.text() else {
                    continue;
                };
                let earlier = message.was.iter().map(MessageId::of_name);
                for id in [MessageId(message.id)].into_iter().chain(earlier) {
                    shapes.push(ShapeOfMessage {
                        to,
                        id,
                        name: message.name.to_string(),
                        hash: hash(&text),
                        text: text.clone(),
                    });
                }
            }
        }
        shapes
    }

    /// The digest of all [`shapes`](Self::shapes), in any order. `None` where none is known.
    pub fn shape_digest(&self) -> Option<u64> {
        ShapeOfMessage::digest(&self.shapes())
    }
}

impl ShapeOfMessage {
    /// The digest of several, in any order. `None` of none.
    pub fn digest(shapes: &[Self]) -> Option<u64> {
        let of_one = |shape: &Self| hash(&format!("{} {} {}", shape.to, shape.id.0, shape.hash));
        shapes.iter().map(of_one).reduce(u64::wrapping_add)
    }
}

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
