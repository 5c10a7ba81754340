//! The peers that are connected now.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::peer::Peer;

/// The peers that are connected to a server now. Clones share one list.
///
/// A typed stub is made from a peer: `ChatCaller::from(peer)`.
#[derive(Clone, Debug, Default)]
pub struct Peers {
    connected: Arc<Mutex<BTreeMap<u64, Peer>>>,
}

impl Peers {
    /// All of them, the longest connected first.
    pub fn list(&self) -> Vec<Peer> {
        self.lock().values().cloned().collect()
    }

    /// The one with this [`Peer::id`].
    pub fn get(&self, id: u64) -> Option<Peer> {
        self.lock().get(&id).cloned()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Lists a peer until the guard is dropped.
    pub(super) fn enter(&self, peer: &Peer) -> Entered {
        self.lock().insert(peer.id(), peer.clone());
        Entered {
            peers: self.clone(),
            id: peer.id(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Peer>> {
        self.connected
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A peer's place in the list.
pub(super) struct Entered {
    peers: Peers,
    id: u64,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let left = self.peers.lock().remove(&self.id);
        drop(left);
    }
}
