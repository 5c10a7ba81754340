//! A message as data.

use std::time::Duration;

use super::{ShapeOf, Shapes};
use crate::address::Address;
use crate::envelope::MessageId;

/// What is known of a message type at compile time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageInfo {
    /// Its name on the wire.
    pub name: &'static str,
    /// Its id on the wire: the hash of `name`, unless given.
    pub id: MessageId,
    /// How it is answered.
    pub kind: MessageKind,
    /// Earlier names, which are still understood.
    pub was: &'static [&'static str],
    /// The name of its Rust type.
    pub rust: &'static str,
    /// The response or item type as written; `()` for a notification.
    pub response: &'static str,
    /// The handler's own error type as written.
    pub error: Option<&'static str>,
    /// Its documentation.
    pub docs: &'static str,
    /// Where it goes, where it names that.
    pub address: Option<Address<'static>>,
    /// Its deadline, where it names one.
    pub timeout: Option<Duration>,
    /// Whether it may be run twice without harm.
    pub idempotent: bool,
    /// How often it is sent again when it fails and another try may help.
    pub retry: u32,
    /// Whether its caller needs an identity; so for every message that requires a grant.
    pub authenticated: bool,
    /// The grants that its caller needs, all of them.
    pub requires: &'static [&'static str],
    /// How the shapes of the message and of its outcomes are found.
    pub shapes: Shapes,
}

/// How a message is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum MessageKind {
    /// By one response.
    Request,
    /// By a stream of items.
    Stream,
    /// Not at all.
    Notification,
}

impl MessageInfo {
    /// Fills an array before its messages are known.
    pub(crate) const NONE: Self = Self {
        id: MessageId(0),
        ..Self::new(MessageKind::Notification, "", "")
    };

    /// A message that says nothing but its name on the wire and that of its Rust type.
    #[doc(hidden)]
    pub const fn new(kind: MessageKind, name: &'static str, rust: &'static str) -> Self {
        const NONE: ShapeOf = ShapeOf::new::<()>();
        Self {
            name,
            id: MessageId::of_name(name),
            kind,
            was: &[],
            rust,
            response: "()",
            error: None,
            docs: "",
            address: None,
            timeout: None,
            idempotent: false,
            retry: 0,
            authenticated: false,
            requires: &[],
            shapes: Shapes {
                message: NONE,
                response: NONE,
                error: NONE,
            },
        }
    }
}
