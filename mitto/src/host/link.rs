//! Links: the kept connections to other hosts.

use std::sync::Arc;
use std::time::Duration;

use super::builder::Builder;
use super::config::HostConfig;
use super::{ApplyError, HostEvent};
use crate::client::{self, Reconnect};
use crate::peer::{ConnectionState, Peer, Stub};
use crate::queue::Forward;
use crate::schema::{Descriptor, List, Schema, ServerSide};

/// The longest pause before a connection is tried again.
const LONGEST: Duration = Duration::from_secs(2);

/// What reaches another host; only ever handed to [`Builder::link`](super::Builder::link). It sends no messages of its
/// own.
#[derive(Clone, Debug)]
pub struct Link(Peer);

/// The schema of links: what travels by them is known by its address.
#[derive(Debug)]
#[non_exhaustive]
pub struct Anything;

impl Schema for Anything {
    const DESCRIPTOR: &'static Descriptor =
        &Descriptor::new("link", "What travels by address.", &[], &[], 0);
    const TO_SERVER: &'static List = &List::EMPTY;
    const TO_CLIENT: &'static List = &List::EMPTY;
}

impl Stub for Link {
    type Schema = Anything;
    type Receiver = ServerSide;

    fn peer(&self) -> &Peer {
        &self.0
    }
}

impl From<Peer> for Link {
    fn from(peer: Peer) -> Self {
        Self(peer)
    }
}

/// A link that is kept as long as a configuration has its host.
#[derive(Clone)]
pub(super) struct Kept {
    url: String,
    key: Option<String>,
    pub(super) forward: Forward,
}

impl Kept {
    /// Whether it is what a configuration says of its host.
    pub(super) fn is(&self, host: &HostConfig, key: Option<&str>) -> bool {
        self.url == host.address() && self.key.as_deref() == key
    }

    /// Waits until it is connected, or could not be at once.
    pub(super) async fn tried(&self) {
        let mut states = self.forward.peer().states();
        let mut state = Some(states.current());
        while let Some(ConnectionState::Connecting { attempt: 1, .. }) = state {
            state = states.changed().await;
        }
    }

    /// Why it is down, if it is.
    pub(super) fn why_not(&self) -> Option<String> {
        let peer = self.forward.peer();
        (!peer.is_connected()).then(|| peer.state().to_string())
    }

    /// Which connection it is.
    pub(super) fn id(&self) -> u64 {
        self.forward.peer().id()
    }

    /// Connects in the background, and again whenever the connection is lost.
    pub(super) async fn open(
        parts: &Builder,
        host: &HostConfig,
        key: Option<String>,
    ) -> Result<Self, ApplyError> {
        let mut link = client::Builder::<Link>::new().reconnect(Reconnect::default().max(LONGEST));
        if let Some(key) = &key {
            link = link.token(key);
        }
        let (up, down): (Arc<str>, Arc<str>) = (host.name().into(), host.name().into());
        let (tell_up, tell_down) = (parts.watcher.clone(), parts.watcher.clone());
        let link = link
            .on_connected(move |_| tell_up(&HostEvent::up(&up)))
            .on_closed(move |_, why| tell_down(&HostEvent::down(&down, why)));
        let connected = (parts.link)(host, link).connect_lazily(host.address());
        let link = connected.await.map_err(|error| ApplyError::Link {
            host: host.name().to_owned(),
            url: host.address().to_owned(),
            error: Box::new(error),
        })?;
        Ok(Self {
            url: host.address().to_owned(),
            key,
            forward: Forward::to(link.0),
        })
    }
}
