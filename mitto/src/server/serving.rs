//! The sessions of a server, from the handshake to the end.

use std::future::{poll_fn, ready};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Peers;
use super::doors::Doors;
use crate::escaped::Escaped;
use crate::job::Counted;
use crate::limits::{Limit, reached};
use crate::peer::Hooks;
use crate::runtime::{Instant, timeout};
use crate::session::{Config, HandshakeError, Session};
use crate::telemetry::{HealthReport, Vitals, handshake_failed};
use crate::transport::{BoxFuture, CloseReason, Connection, Incoming, TransportError};

/// Connections over the limit that are told so at once; one more is closed without a word.
const REFUSED: usize = 256;

/// What the sessions of a server have in common.
pub(super) struct Shared {
    pub(super) config: Arc<Config>,
    pub(super) peers: Peers,
    pub(super) hooks: Hooks,
    pub(super) open: AtomicUsize,
    /// Connections that are being told that there is no room.
    pub(super) refused: Arc<AtomicUsize>,
    pub(super) doors: Doors,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
    pub(super) abort: CancellationToken,
    pub(super) vitals: OnceLock<Vitals>,
}

impl Shared {
    pub(super) fn say(&self, health: &mut HealthReport) {
        health.connections = self.peers.len() as u64;
        health.running = self.config.running.load(Relaxed) as u64;
        health.draining = self.stop.is_cancelled();
        health.ready = !health.draining;
    }

    /// Says goodbye to every peer, waits for what runs up to the drain limit, then aborts it.
    pub(super) async fn wind_down(&self) {
        for peer in self.peers.list() {
            peer.drain();
        }
        self.tasks.close();
        let drain = self.config.limits.drain;
        if timeout(drain, self.tasks.wait()).await.is_err() {
            let left = self.tasks.len();
            reached(Limit::Drain, "the server");
            tracing::debug!(left, "connections aborted after {drain:?}");
        }
        self.abort.cancel();
        self.tasks.wait().await;
    }

    /// Runs a connection that has its place already.
    #[cfg(feature = "axum")]
    pub(super) fn run(self: Arc<Self>, place: Place, incoming: Box<dyn Incoming>) {
        let remote = incoming.remote().to_owned();
        let tasks = self.tasks.clone();
        tasks.spawn(async move {
            let serve = self.serve(incoming, &remote);
            self.abort.run_until_cancelled(serve).await;
            drop(place);
        });
    }

    /// Runs one connection in a task of its own, its handshake included.
    pub(super) fn admit(self: Arc<Self>, incoming: Box<dyn Incoming>) {
        let remote = incoming.remote().to_owned();
        let place = Place::take(self.clone());
        if place.is_none() {
            reached(Limit::Connections, &remote);
        }
        let refused = Counted::one(&self.refused, REFUSED);
        if place.is_none() && refused.is_none() {
            return;
        }
        let tasks = self.tasks.clone();
        tasks.spawn(async move {
            let abort = self.abort.clone();
            let connection = async {
                let Some(place) = place else {
                    incoming.refuse().await;
                    return drop(refused);
                };
                drop(refused);
                self.serve(incoming, &remote).await;
                drop(place);
            };
            abort.run_until_cancelled(connection).await;
        });
    }

    pub(super) async fn serve(&self, incoming: Box<dyn Incoming>, remote: &str) {
        let limit = self.config.limits.handshake;
        let begun = Instant::now();
        let handshake = async {
            let accepted = timeout(limit, incoming.accept()).await;
            let connection = accepted.map_err(|_| TransportError::Timeout(limit))??;
            let left = limit.saturating_sub(begun.elapsed());
            Session::agree_within(connection, self.config.clone(), left).await
        };
        let mut session = match handshake.await {
            Ok(session) => session,
            Err(error) => return failed(error, remote),
        };
        let peer = session.peer().clone();
        // Those who ask in a hook find the peer in the list when it is there, and not when it has gone:
        // what is declared last is dropped first.
        let entered = self.peers.enter(&peer);
        let _told = self.hooks.connected(&peer, &peer);
        let _entered = entered;
        // Last of all: by the time that the client knows of the connection, everybody here does.
        let left = limit.saturating_sub(begun.elapsed());
        if let Err(error) = session.greet(left).await {
            drop(session);
            return failed(error, remote);
        }
        if self.stop.is_cancelled() {
            peer.drain();
        }
        let why = session.await;
        tracing::debug!(peer = %Escaped(remote), why = %Escaped(why), "connection ended");
    }
}

/// Tells of a connection that did not come to be.
fn failed(error: HandshakeError, remote: &str) {
    handshake_failed();
    let peer = Escaped(remote);
    match error {
        HandshakeError::Denied(why) => {
            tracing::info!(%peer, why = %Escaped(why), "connection refused");
        }
        error => {
            if let HandshakeError::Transport(TransportError::Timeout(_)) = error {
                reached(Limit::Handshake, remote);
            }
            tracing::debug!(%peer, error = %Escaped(error), "handshake failed");
        }
    }
}

/// One of the connections that a server may have.
pub(super) struct Place(Arc<Shared>);

impl Place {
    pub(super) fn take(shared: Arc<Shared>) -> Option<Self> {
        let limit = shared.config.limits.connections;
        let open = shared.open.fetch_add(1, Relaxed);
        let place = Self(shared);
        (open < limit).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Relaxed);
    }
}

/// A connection whose handshake is done already.
pub(super) struct Arrived(pub(super) Box<dyn Connection>);

impl Incoming for Arrived {
    fn accept(self: Box<Self>) -> BoxFuture<'static, Result<Box<dyn Connection>, TransportError>> {
        Box::pin(ready(Ok(self.0)))
    }

    fn refuse(mut self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let reason = CloseReason::new(CloseReason::TRY_AGAIN_LATER, "no room");
            let close = async {
                poll_fn(|cx| self.0.poll_close(cx, &reason)).await?;
                // As in the handshake: the reason arrives only if what comes is read.
                while poll_fn(|cx| self.0.poll_fill(cx)).await? {
                    while self.0.next_frame()?.is_some() {}
                }
                Ok::<_, TransportError>(())
            };
            // Nobody is left to tell about a failure.
            let _ = timeout(Duration::from_secs(1), close).await;
        })
    }

    fn remote(&self) -> &str {
        self.0.remote()
    }
}
