//! Who hears what, in this process.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::OnceCell;

use super::carrier::Carrier;
use super::name::check_name;
use crate::codec::Codecs;
use crate::limits::{Limit, Limits, reached};
use crate::peer::Peer;
use crate::status::{Code, Status};

/// Who hears what, in this process.
pub(crate) struct Hub {
    pub(super) limits: Limits,
    pub(super) codecs: Codecs,
    /// `None` where topics end with this process.
    pub(super) carrier: Option<Arc<dyn Carrier>>,
    state: Mutex<State>,
    dropped: AtomicU64,
}

#[derive(Default)]
struct State {
    topics: HashMap<Arc<str>, Topic>,
    /// By the peer's own id, until its connection ends.
    peers: HashMap<u64, Known>,
}

/// A topic that somebody hears, or is about to.
#[derive(Default)]
struct Topic {
    /// Shared with whoever publishes, and copied by who changes it meanwhile.
    subscribers: Arc<Vec<Subscriber>>,
    /// Those who wait until it is heard from beyond this process.
    joining: usize,
    heard: Arc<OnceCell<()>>,
}

/// A peer that hears a topic.
#[derive(Clone)]
pub(super) struct Subscriber {
    /// What it is called by everybody who may publish.
    pub(super) number: u64,
    pub(super) peer: Peer,
}

struct Known {
    number: u64,
    topics: HashSet<Arc<str>>,
}

impl Hub {
    pub(crate) fn new(limits: Limits, carrier: Option<Arc<dyn Carrier>>) -> Arc<Self> {
        Arc::new(Self {
            limits,
            codecs: Codecs::default(),
            carrier,
            state: Mutex::default(),
            dropped: AtomicU64::new(0),
        })
    }

    /// Subscribes a peer of this process. From when this is ready, it hears the topic.
    pub(crate) async fn subscribe(
        self: &Arc<Self>,
        peer: &Peer,
        topic: &str,
    ) -> Result<(), Status> {
        check_name(topic)?;
        let Some(carrier) = &self.carrier else {
            return self.insert(peer, topic, peer.id());
        };
        let joining = Joining::begin(self, topic);
        let heard = joining.heard.get_or_try_init(|| carrier.listen(topic));
        heard.await?;
        self.insert(peer, topic, carrier.number(peer))
    }

    /// Ends the subscription of a peer of this process, if there is one.
    pub(crate) fn unsubscribe(&self, peer: &Peer, topic: &str) {
        let mut state = self.state();
        let left = state.leave(peer.id(), topic);
        self.tidy(&mut state, topic);
        drop(state);
        drop(left);
    }

    /// What everybody calls a peer that this process knows as `id`.
    pub(super) fn number(&self, id: u64) -> u64 {
        let state = self.state();
        state.peers.get(&id).map_or(id, |known| known.number)
    }

    /// `None` where nobody hears the topic.
    pub(super) fn subscribers(&self, topic: &str) -> Option<Arc<Vec<Subscriber>>> {
        let state = self.state();
        let topic = state.topics.get(topic)?;
        Some(topic.subscribers.clone())
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    pub(super) fn count_dropped(&self) {
        self.dropped.fetch_add(1, Relaxed);
    }

    fn insert(self: &Arc<Self>, peer: &Peer, topic: &str, number: u64) -> Result<(), Status> {
        let Some(out) = peer.outbound() else {
            return Err(Status::unavailable("there is nobody to subscribe"));
        };
        let closed = out.closed();
        if closed.is_cancelled() {
            let text = "the peer was not subscribed: its connection has ended";
            return Err(Status::new(Code::ConnectionLost, text));
        }
        let is_new = match self.state().join(peer, topic, number, &self.limits) {
            Ok(is_new) => is_new,
            Err(limit) => return Err(self.refusal(limit, peer)),
        };
        if is_new {
            let leaving = Leaving {
                hub: Arc::downgrade(self),
                peer: peer.id(),
            };
            let watch = async move {
                let _leaving = leaving;
                closed.cancelled_owned().await;
            };
            match out.runtime() {
                Some(runtime) => runtime.spawn(watch),
                None => crate::runtime::spawn(watch),
            };
        }
        Ok(())
    }

    #[cold]
    fn refusal(&self, limit: Limit, peer: &Peer) -> Status {
        reached(limit, peer.remote());
        let text = match limit {
            Limit::Topics => format!(
                "the peer hears {} topics, which is the most that one may: `Limits::topics`",
                self.limits.topics
            ),
            _ => format!(
                "the topic has {} subscribers here, which is the most: `Limits::subscribers`",
                self.limits.subscribers
            ),
        };
        Status::new(Code::Busy, text)
    }

    /// A connection has ended, and what its peer was subscribed to with it.
    fn forget(&self, peer: u64) {
        let mut state = self.state();
        let Some(known) = state.peers.remove(&peer) else {
            return;
        };
        let mut gone = Vec::new();
        for topic in &known.topics {
            gone.extend(state.take(peer, topic));
            self.tidy(&mut state, topic);
        }
        drop(state);
        drop(gone);
    }

    /// Forgets a topic that nobody hears any more. Under the lock, so that who comes next listens behind
    /// it.
    fn tidy(&self, state: &mut State, topic: &str) {
        let unused = |topic: &Topic| topic.joining == 0 && topic.subscribers.is_empty();
        if state.topics.get(topic).is_some_and(unused) {
            state.topics.remove(topic);
            if let Some(carrier) = &self.carrier {
                carrier.unlisten(topic);
            }
        }
    }

    /// Nobody else's code runs under the lock, the carrier's apart.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Subscribes a peer, unless it is. Says whether it was not known yet, or which limit is reached.
    fn join(
        &mut self,
        peer: &Peer,
        topic: &str,
        number: u64,
        limits: &Limits,
    ) -> Result<bool, Limit> {
        let known = self.peers.get(&peer.id());
        if known.is_some_and(|known| known.topics.contains(topic)) {
            return Ok(false);
        }
        let is_new = known.is_none();
        if known.map_or(0, |known| known.topics.len()) >= limits.topics {
            return Err(Limit::Topics);
        }
        let name = self.topics.get_key_value(topic);
        if name.map_or(0, |(_, topic)| topic.subscribers.len()) >= limits.subscribers {
            return Err(Limit::Subscribers);
        }
        let name = name.map_or_else(|| topic.into(), |(name, _)| name.clone());
        let known = self.peers.entry(peer.id()).or_insert_with(|| Known {
            number,
            topics: HashSet::new(),
        });
        known.topics.insert(name.clone());
        let topic = self.topics.entry(name).or_default();
        Arc::make_mut(&mut topic.subscribers).push(Subscriber {
            number: known.number,
            peer: peer.without_owner(),
        });
        Ok(is_new)
    }

    fn leave(&mut self, peer: u64, topic: &str) -> Option<Subscriber> {
        let known = self.peers.get_mut(&peer)?;
        match known.topics.remove(topic) {
            true => self.take(peer, topic),
            false => None,
        }
    }

    fn take(&mut self, peer: u64, topic: &str) -> Option<Subscriber> {
        let subscribers = &mut self.topics.get_mut(topic)?.subscribers;
        let mut all = subscribers.iter();
        let at = all.position(|subscriber| subscriber.peer.id() == peer)?;
        Some(Arc::make_mut(subscribers).swap_remove(at))
    }
}

/// Somebody who waits until a topic is heard. It is listened to for as long.
struct Joining<'h> {
    hub: &'h Hub,
    topic: Arc<str>,
    heard: Arc<OnceCell<()>>,
}

impl<'h> Joining<'h> {
    fn begin(hub: &'h Hub, topic: &str) -> Self {
        let mut state = hub.state();
        let name = state.topics.get_key_value(topic);
        let name: Arc<str> = name.map_or_else(|| topic.into(), |(name, _)| name.clone());
        let topic = state.topics.entry(name.clone()).or_default();
        topic.joining += 1;
        Self {
            hub,
            heard: topic.heard.clone(),
            topic: name,
        }
    }
}

impl Drop for Joining<'_> {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        if let Some(topic) = state.topics.get_mut(&self.topic) {
            topic.joining -= 1;
        }
        self.hub.tidy(&mut state, &self.topic);
    }
}

/// A peer whose connection is watched. Dropped, with its task, the peer is forgotten.
struct Leaving {
    hub: Weak<Hub>,
    peer: u64,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if let Some(hub) = self.hub.upgrade() {
            hub.forget(self.peer);
        }
    }
}
