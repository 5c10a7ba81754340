//! Who asks through a link, and may be called back through it.
//!
//! A request that is forwarded carries a number for who asks first: the id of the peer here. A handler beyond
//! the link that calls back names it, and the session hands that on to the peer.

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, Weak};

use super::lock;
use super::shared::Shared;
use crate::envelope::Head;
use crate::message::MessageKind;
use crate::peer::{Outbound, Peer};
use crate::queue::ToPeer;

/// So many are remembered before those are forgotten that have not asked for longest; in all it is twice that.
pub(super) const MOST: usize = 1 << 15;

/// Something by number. What has not been used for long is forgotten.
#[derive(Debug)]
pub(super) struct Recent<T> {
    young: HashMap<NonZeroU64, T>,
    old: HashMap<NonZeroU64, T>,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }
}

impl<T> Recent<T> {
    /// What has this number. It counts as used.
    pub(super) fn get(&mut self, number: NonZeroU64) -> Option<&mut T> {
        if !self.young.contains_key(&number) {
            let old = self.old.remove(&number)?;
            self.insert(number, old);
        }
        self.young.get_mut(&number)
    }

    pub(super) fn insert(&mut self, number: NonZeroU64, item: T) {
        if self.young.len() >= MOST {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(number, item);
    }
}

/// The peers that were introduced to the other end.
#[derive(Default)]
pub(super) struct Callers {
    /// Who asked last is found without a lock.
    last: AtomicU64,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    known: Recent<Weak<dyn Outbound>>,
    /// When those that have left are looked for next.
    check: usize,
}

impl Callers {
    fn introduce(&self, number: NonZeroU64, peer: &Peer) {
        if self.last.load(Relaxed) == number.get() {
            return;
        }
        lock(&self.table).introduce(number, peer);
        self.last.store(number.get(), Relaxed);
    }
}

impl Table {
    fn introduce(&mut self, number: NonZeroU64, peer: &Peer) {
        if self.known.get(number).is_some() {
            return;
        }
        if let Some(out) = peer.outbound() {
            if self.known.young.len() >= self.check {
                self.known.young.retain(|_, out| out.strong_count() > 0);
                self.known.old.retain(|_, out| out.strong_count() > 0);
                self.check = (2 * self.known.young.len()).max(64);
            }
            self.known.insert(number, Arc::downgrade(out));
        }
    }
}

impl Shared {
    /// The number of who asks, by which the other end can name it.
    pub(super) fn introduce(&self, peer: &Peer) -> Option<NonZeroU64> {
        let number = NonZeroU64::new(peer.id())?;
        let callers = self.callers.get_or_init(Box::default);
        callers.introduce(number, peer);
        Some(number)
    }

    /// The queue of whom the other end calls back.
    pub(super) fn client(&self, number: NonZeroU64, head: &Head<'_>) -> Option<ToPeer> {
        let kind = match head.stream {
            true => MessageKind::Stream,
            false => MessageKind::Request,
        };
        let peer = self.introduced(number)?;
        Some(ToPeer::new(peer, head.name.into(), kind))
    }

    /// Whom the other end means by a number, if they are still there.
    fn introduced(&self, number: NonZeroU64) -> Option<Peer> {
        let callers = self.callers.get()?;
        let out = lock(&callers.table).known.get(number)?.upgrade()?;
        Some(Peer::new(out))
    }
}
