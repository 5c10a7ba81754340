//! The peers that can be called from beyond the broker.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::Endpoint;
use crate::envelope::MessageId;
use crate::peer::Peer;
use crate::schema::MessageDescriptor;

/// The peers of a gateway whose requests went through the broker. Each has a random number there, so that
/// nobody guesses one.
#[derive(Default)]
pub(crate) struct Callers {
    numbers: RwLock<Numbers>,
    /// The messages to them whose ids do not follow from their names.
    ids: OnceLock<HashMap<String, MessageId>>,
}

#[derive(Default)]
struct Numbers {
    /// By the peer's own id.
    of: HashMap<u64, u64>,
    peers: HashMap<u64, Peer>,
}

impl Callers {
    /// The number of a peer, which it keeps until its connection is closed; 0 for nobody.
    pub(crate) fn number(&self, endpoint: &Arc<Endpoint>, peer: &Peer) -> u64 {
        if peer.out().is_none() {
            return 0;
        }
        let known = self.numbers.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = known.of.get(&peer.id()) {
            return *number;
        }
        drop(known);
        let mut numbers = self.numbers.write().unwrap_or_else(PoisonError::into_inner);
        let number = *numbers.of.entry(peer.id()).or_insert_with(random);
        let peer = peer.without_owner();
        if numbers.peers.insert(number, peer.clone()).is_none() {
            let endpoint = Arc::downgrade(endpoint);
            crate::runtime::spawn(async move {
                peer.closed().await;
                if let Some(endpoint) = endpoint.upgrade() {
                    endpoint.callers.forget(&peer, number);
                }
            });
        }
        number
    }

    /// The peer of a number, if it is still connected.
    pub(crate) fn peer(&self, number: u64) -> Option<Peer> {
        let numbers = self.numbers.read().unwrap_or_else(PoisonError::into_inner);
        numbers.peers.get(&number).cloned()
    }

    /// Says which messages go to them.
    pub(crate) fn set_messages(&self, messages: &[MessageDescriptor]) {
        let given = messages.iter().filter_map(|message| {
            let id = MessageId(message.id);
            (id != MessageId::of_name(&message.name)).then(|| (message.name.to_string(), id))
        });
        let _ = self.ids.set(given.collect());
    }

    /// The id of a message to one of them.
    pub(super) fn message(&self, name: &str) -> MessageId {
        let given = self.ids.get().and_then(|ids| ids.get(name));
        given.copied().unwrap_or_else(|| MessageId::of_name(name))
    }

    fn forget(&self, peer: &Peer, number: u64) {
        let mut numbers = self.numbers.write().unwrap_or_else(PoisonError::into_inner);
        numbers.of.remove(&peer.id());
        numbers.peers.remove(&number);
    }
}

/// Never 0, which is nobody.
fn random() -> u64 {
    rand::random::<u64>().max(1)
}
