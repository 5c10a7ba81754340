//! Names of sessions that outlive their workers.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::queue::broker::Node;

/// The names that are taken in this process.
#[derive(Clone, Default)]
pub(super) struct Names(Arc<Mutex<HashSet<String>>>);

/// A name that is taken, until it is dropped.
pub(super) struct Slot {
    pub(super) client: String,
    names: Names,
}

impl Names {
    /// Takes the first name that is free: a second worker of the same node has one of its own, which it finds again
    /// when it is started in the same order.
    pub(super) fn take(&self, session: &str, node: &Node) -> Slot {
        let first = format!("mitto-{session}-{}", node.joined('.'));
        let mut taken = self.taken();
        let mut client = first.clone();
        let mut number = 1;
        while !taken.insert(client.clone()) {
            number += 1;
            client = format!("{first}-{number}");
        }
        Slot {
            client,
            names: self.clone(),
        }
    }

    fn taken(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.names.taken().remove(&self.client);
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_free_again() {
        let names = Names::default();
        let node = Node::parse("shop/orders").expect("a node");
        let first = names.take("one", &node);
        let second = names.take("one", &node);
        assert_eq!(first.client, "mitto-one-shop.orders");
        assert_eq!(second.client, "mitto-one-shop.orders-2");
        drop(first);
        assert_eq!(names.take("one", &node).client, "mitto-one-shop.orders");
    }
}
