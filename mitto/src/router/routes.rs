//! Which node is where.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use super::key::mixed;
use super::node::Node;
use super::place::{IntoQueue, Place};
use super::{PlaceReport, Policy, RouteError};
use crate::address::{Address, AddressError, OwnedAddress};
use crate::schema::Descriptor;
use crate::status::Status;

/// Which node is where: what a [`Router`](super::Router) goes by. A clone is changed without harm to the
/// original.
#[derive(Clone, Default)]
pub struct Routes {
    /// By the bytes of their addresses.
    nodes: HashMap<Arc<[u8]>, Arc<Node>, BuildHasherDefault<AddressHasher>>,
    /// How many nodes each application has.
    applications: HashMap<Box<str>, usize>,
}

impl Routes {
    /// Nothing is anywhere.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a node, `application/node`, that is in one place: a provider that runs it here, or a
    /// [`Queue`](crate::queue::Queue) that leads to it. The place is called `here`, or `there` for a queue.
    ///
    /// # Errors
    ///
    /// When that is no address of a node, or the node is there already.
    pub fn node<A, K>(self, node: A, runs: impl IntoQueue<K>) -> Result<Self, RouteError>
    where
        A: TryInto<OwnedAddress>,
        A::Error: Into<AddressError>,
    {
        let node = node_of(node)?;
        if self.nodes.contains_key(node.as_str().as_bytes()) {
            return Err(RouteError::Node(node.to_string()));
        }
        self.add(node, Place::unnamed(runs))
    }

    /// Adds a place to a node, and the node if it is not there.
    ///
    /// # Errors
    ///
    /// When that is no address of a node, or the node has a place of this name.
    pub fn place<A>(self, node: A, place: Place) -> Result<Self, RouteError>
    where
        A: TryInto<OwnedAddress>,
        A::Error: Into<AddressError>,
    {
        self.add(node_of(node)?, place)
    }

    /// Says which place of a node its requests go to. Otherwise they take turns.
    ///
    /// # Errors
    ///
    /// When there is no such node.
    pub fn policy<A>(mut self, node: A, policy: Policy) -> Result<Self, RouteError>
    where
        A: TryInto<OwnedAddress>,
        A::Error: Into<AddressError>,
    {
        let address = node_of(node)?;
        match self.nodes.get_mut(address.as_str().as_bytes()) {
            Some(node) => Arc::make_mut(node).policy = policy,
            None => return Err(RouteError::Policy(address.to_string())),
        }
        Ok(self)
    }

    /// Takes a node out with all its places, if it is there.
    ///
    /// # Errors
    ///
    /// When that is no address of a node.
    pub fn remove<A>(mut self, node: A) -> Result<Self, RouteError>
    where
        A: TryInto<OwnedAddress>,
        A::Error: Into<AddressError>,
    {
        let address = node_of(node)?;
        let application = address.as_address().application();
        if self.nodes.remove(address.as_str().as_bytes()).is_some()
            && let Some(count) = self.applications.get_mut(application)
        {
            *count -= 1;
            if *count == 0 {
                self.applications.remove(application);
            }
        }
        Ok(self)
    }

    /// The nodes, in no order.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = Address<'_>> {
        self.nodes.values().map(|node| node.address.as_address())
    }

    /// The node that an address names.
    #[inline]
    pub(super) fn find(&self, address: Option<Address<'_>>) -> Result<&Node, Status> {
        let Some(address) = address else {
            return Err(no_address());
        };
        match self.nodes.get(address.without_action().as_bytes()) {
            Some(node) => Ok(node),
            None => Err(self.unknown(address)),
        }
    }

    pub(super) fn prepare(&self, schema: &'static Descriptor) {
        for node in self.nodes.values() {
            for place in &node.places {
                place.prepare(schema);
            }
        }
    }

    pub(super) fn report(&self) -> Vec<PlaceReport> {
        let mut nodes: Vec<_> = self.nodes.values().collect();
        nodes.sort_unstable_by(|a, b| a.address.cmp(&b.address));
        let places = nodes.into_iter().flat_map(|node| node.report());
        places.collect()
    }

    fn add(mut self, address: OwnedAddress, place: Place) -> Result<Self, RouteError> {
        if let Some(node) = self.nodes.get_mut(address.as_str().as_bytes()) {
            Arc::make_mut(node).add(place)?;
            return Ok(self);
        }
        let application = address.as_address().application();
        match self.applications.get_mut(application) {
            Some(count) => *count += 1,
            None => {
                self.applications.insert(application.into(), 1);
            }
        }
        let bytes = address.to_bytes();
        let node = Node::new(address, place);
        self.nodes.insert(bytes, Arc::new(node));
        Ok(self)
    }

    #[cold]
    fn unknown(&self, address: Address<'_>) -> Status {
        let application = address.application();
        Status::not_found(match self.applications.contains_key(application) {
            true => format!(
                "application `{application}` has no node `{}`",
                address.node()
            ),
            false => format!("there is no application `{application}`"),
        })
    }
}

/// Takes eight bytes at a time. The keys come from no peer, so that nobody chooses those that collide.
#[derive(Default)]
struct AddressHasher(u64);

impl AddressHasher {
    #[inline]
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for AddressHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        words
            .iter()
            .for_each(|word| self.add(u64::from_le_bytes(*word)));
        let rest = rest
            .iter()
            .fold(0, |word, byte| word << 8 | u64::from(*byte));
        self.add(rest);
    }

    /// The length, which adds nothing: each key is one text.
    #[inline]
    fn write_usize(&mut self, _: usize) {}

    /// Mixed, as the table looks at the highest bits.
    #[inline]
    fn finish(&self) -> u64 {
        mixed(self.0)
    }
}

fn node_of<A>(address: A) -> Result<OwnedAddress, AddressError>
where
    A: TryInto<OwnedAddress>,
    A::Error: Into<AddressError>,
{
    let address = address.try_into().map_err(Into::into)?;
    match address.as_address().action() {
        Some(_) => Err(AddressError::Action),
        None => Ok(address),
    }
}

#[cold]
fn no_address() -> Status {
    Status::bad_request(
        "the request names no address, by which it is routed: write `.at(\"application/node\")` behind the \
         call, or `#[request(address = \"application/node\")]` at its message",
    )
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = self.nodes.values();
        f.debug_map()
            .entries(nodes.map(|node| (&node.address, &node.places)))
            .finish()
    }
}
