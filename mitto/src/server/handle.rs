//! A handle to a server.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::Peers;
#[cfg(feature = "axum")]
use super::serving::Place;
use super::serving::{Arrived, Shared};
#[cfg(feature = "axum")]
use crate::limits::{Limit, reached};
use crate::telemetry::{HealthReport, Vitals};
use crate::transport::Connection;
#[cfg(feature = "axum")]
use crate::transport::Incoming;
#[cfg(any(feature = "tcp", all(feature = "unix", unix)))]
use crate::transport::Settings;

/// A handle to a server that listens or runs; clones are cheap.
#[derive(Clone)]
pub struct Handle {
    pub(super) shared: Arc<Shared>,
    pub(super) urls: Arc<[String]>,
    /// Whether nothing runs that would end it when it is shut down.
    pub(super) embedded: bool,
}

impl Handle {
    /// The URL to connect to, with the actual port; the first one, when there are several.
    pub fn url(&self) -> &str {
        self.urls.first().map_or("", String::as_str)
    }

    /// All URLs to connect to.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.urls.iter().map(String::as_str)
    }

    /// The peers that are connected. One is in the list before its client's `connect` returns, unless the
    /// two ends know messages in different versions, or speak JSON-RPC.
    pub fn peers(&self) -> Peers {
        self.shared.peers.clone()
    }

    /// How many requests and notifications run, over all connections.
    pub fn running(&self) -> usize {
        self.shared.config.running.load(Relaxed)
    }

    /// How the server is: for a probe. [`Health`](crate::built_in::Health) asks the same from afar.
    pub fn health(&self) -> HealthReport {
        let vitals = self.shared.vitals.get();
        vitals.map(Vitals::report).unwrap_or_default()
    }

    /// Runs the session of a connection that came in by other means, in a task of its own, as if a
    /// listener had accepted it: [`Prefixed`](crate::transport::prefixed::Prefixed) and
    /// [`websocket::accept`](crate::transport::websocket::accept) make one of a stream. A connection
    /// over the limit is closed, and so is one that comes after the shutdown.
    pub fn serve(&self, connection: Box<dyn Connection>) {
        self.shared.clone().admit(Box::new(Arrived(connection)));
    }

    /// What transports are told.
    #[cfg(any(feature = "tcp", all(feature = "unix", unix)))]
    pub(super) fn transport_settings(&self) -> Settings {
        self.shared.config.transport_settings()
    }

    /// A place for one more connection from `remote`, unless there is no room or the server shuts down.
    #[cfg(feature = "axum")]
    pub(super) fn reserve(&self, remote: &str) -> Option<Place> {
        if self.shared.stop.is_cancelled() {
            return None;
        }
        let place = Place::take(self.shared.clone());
        if place.is_none() {
            reached(Limit::Connections, remote);
        }
        place
    }

    /// Runs a connection that comes in to a place of its own.
    #[cfg(feature = "axum")]
    pub(super) fn run(&self, place: Place, incoming: Box<dyn Incoming>) {
        self.shared.clone().run(place, incoming);
    }

    /// Stops accepting, says goodbye to every peer, and lets what runs finish, up to
    /// [`Limits::drain`](crate::limits::Limits::drain); then aborts the rest. Waits for the end; another
    /// server may listen at the same places from the beginning on.
    pub async fn shutdown(&self) {
        let first = !self.shared.stop.is_cancelled();
        self.shared.stop.cancel();
        self.shared.doors.close();
        if self.embedded && first {
            let shared = self.shared.clone();
            // In a task of its own: it goes on when nobody waits for it any more.
            crate::runtime::spawn(async move { shared.wind_down().await });
        }
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("urls", &self.urls)
            .field("peers", &self.shared.peers.len())
            .field("running", &self.running())
            .finish_non_exhaustive()
    }
}
