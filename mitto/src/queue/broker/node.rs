//! The name of a node, which queues are named for.

use std::fmt;

use crate::address::{Address, AddressError, OwnedAddress};

/// `application/node`: what a queue of a broker is named for, and who takes work from it.
///
/// Without an [address](crate::peer::Call::at) a request goes to the node of its schema, `mitto/Chat`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(OwnedAddress);

impl Node {
    /// The application of nodes that are named for their schema.
    pub const APPLICATION: &'static str = "mitto";

    /// The node that an address is in.
    pub fn of(address: Address<'_>) -> Self {
        Self(address.without_action().into_owned())
    }

    /// Reads `application/node`.
    ///
    /// # Errors
    ///
    /// When a part is not 1 to 64 of `A-Z a-z 0-9 _ -`, or there is an action as well.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let address = Address::parse(text)?;
        match address.action() {
            None => Ok(Self(address.into_owned())),
            Some(_) => Err(AddressError::Action),
        }
    }

    /// The node of a schema.
    ///
    /// # Errors
    ///
    /// When the schema's name is too long, or no plain ASCII.
    pub fn of_schema(name: &str) -> Result<Self, AddressError> {
        Self::parse(&format!("{}/{name}", Self::APPLICATION))
    }

    /// The application.
    pub fn application(&self) -> &str {
        self.0.as_address().application()
    }

    /// The node in it.
    pub fn name(&self) -> &str {
        self.0.as_address().node()
    }

    /// The two with `separator` between them: `shop.orders` is a queue's name, `shop/orders` a topic.
    pub fn joined(&self, separator: char) -> String {
        format!("{}{separator}{}", self.application(), self.name())
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({self})")
    }
}
