//! What could not be handled.

use std::fmt;
use std::sync::Arc;

use super::{Broker, BrokerError, DeadLetter, Delivery, Line, Node, Opening, Parcel, Receiver};
use crate::limits::Limits;

/// The dead letters of a node, to be looked at and put back.
///
/// # Examples
///
/// ```
/// # async fn clear(broker: impl mitto::queue::broker::Broker) -> Result<(), Box<dyn std::error::Error>> {
/// use mitto::queue::broker::DeadLetters;
///
/// let dead = DeadLetters::open(&broker, "mitto/Chat").await?;
/// for letter in dead.list(100).await? {
///     println!("{letter:?}");
///     if letter.name() == Some("Login") {
///         dead.put_back(&letter).await?; // a worker takes it as if it had just come
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct DeadLetters {
    line: Arc<dyn Line>,
    node: Node,
}

impl DeadLetters {
    /// Opens a line of its own to the broker, for the dead letters of `node`, as `mitto/Chat`.
    ///
    /// # Errors
    ///
    /// When it is no name of a node, or the broker refuses, or is not there and is not to be waited for.
    pub async fn open(broker: &impl Broker, node: &str) -> Result<Self, BrokerError> {
        let node = Node::parse(node)?;
        let opening = Opening::new("dead-letters", &Limits::default());
        let line = broker.open(opening, Arc::new(Nothing)).await?;
        Ok(Self { line, node })
    }

    /// The oldest ones, `most` at most. They stay where they are.
    ///
    /// # Errors
    ///
    /// When the broker keeps none, or refuses.
    pub async fn list(&self, most: usize) -> Result<Vec<DeadLetter>, BrokerError> {
        self.line.dead_letters(&self.node, most).await
    }

    /// Puts one back into the queue, as a task that was never delivered and has no deadline. False when
    /// it is not there any more. A [signed](super::Key) identity does not come back with it: what it
    /// signs has changed.
    ///
    /// # Errors
    ///
    /// When the broker refuses.
    pub async fn put_back(&self, letter: &DeadLetter) -> Result<bool, BrokerError> {
        self.line.put_back(letter).await
    }
}

/// Takes nothing in.
struct Nothing;

impl Receiver for Nothing {
    fn deliver(&self, _: Delivery) {}

    fn receive(&self, _: Parcel) {}

    fn heard(&self, _: &str, _: Parcel) {}

    fn returned(&self, _: &str, _: Parcel) {}

    fn connected(&self, _: bool) {}
}

impl fmt::Debug for DeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetters")
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}
