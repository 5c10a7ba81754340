//! What the values of a type look like in a format that has no names: the shape that two ends compare.
//!
//! A shape is found by asking the type's `Deserialize` what it would read, one place at a time: [`probe`]
//! answers what stands at the end of a path, [`text`] walks all paths and writes the shape down. No value
//! is made, except those that stand before a place in a tuple. Only the feature `compact` compares
//! shapes: without it nothing of this is compiled for a message.

#[cfg(feature = "compact")]
mod access;
#[cfg(feature = "compact")]
mod node;
#[cfg(feature = "compact")]
mod probe;
#[cfg(feature = "compact")]
mod text;

use std::fmt;

use serde::de::DeserializeOwned;

#[cfg(feature = "compact")]
use node::{Node, Step};

use super::MessageInfo;
#[cfg(feature = "compact")]
use super::MessageKind;

/// How the shape of one type is found.
#[derive(Clone, Copy)]
pub struct ShapeOf {
    #[cfg(feature = "compact")]
    probe: fn(&[Step]) -> Node,
}

impl ShapeOf {
    /// That of `T`.
    pub const fn new<T: DeserializeOwned>() -> Self {
        Self {
            #[cfg(feature = "compact")]
            probe: probe::probe::<T>,
        }
    }
}

/// How the shapes of a message and of its outcomes are found.
#[derive(Clone, Copy)]
pub struct Shapes {
    /// The message itself.
    pub message: ShapeOf,
    /// Its response or item.
    pub response: ShapeOf,
    /// The handler's own error.
    pub error: ShapeOf,
}

impl MessageInfo {
    /// The shape as text, a line for each place: its path, a tab, what stands there. `None` where the
    /// feature `compact` is off.
    pub fn shape(&self) -> Option<String> {
        #[cfg(feature = "compact")]
        return Some(self.written());
        #[cfg(not(feature = "compact"))]
        None
    }

    #[cfg(feature = "compact")]
    fn written(&self) -> String {
        let mut text = text::Text::default();
        let (own, answer) = match self.kind {
            MessageKind::Request => ("request", Some("response")),
            MessageKind::Stream => ("request", Some("item")),
            MessageKind::Notification => ("notification", None),
        };
        text.root(own, self.shapes.message.probe);
        if let Some(answer) = answer {
            text.root(answer, self.shapes.response.probe);
        }
        if self.error.is_some() {
            text.root("error", self.shapes.error.probe);
        }
        text.finish()
    }
}

/// Addresses of functions mean nothing: what they find follows from the rest of the message.
impl PartialEq for Shapes {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Shapes {}

impl fmt::Debug for Shapes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shapes")
    }
}
