//! A server that listens.

use std::fmt;
use std::future::{poll_fn, ready};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{ListenError, Peers};
use crate::escaped::Escaped;
use crate::job::Counted;
use crate::limits::{Limit, reached};
use crate::peer::Hooks;
use crate::runtime::{Instant, timeout};
use crate::session::{Config, HandshakeError, Session};
use crate::telemetry::{HealthReport, Vitals, handshake_failed};
#[cfg(any(feature = "tcp", all(feature = "unix", unix)))]
use crate::transport::Settings;
use crate::transport::{
    BoxFuture, CloseReason, Connection, Incoming, Listener, TransportError, Transports,
};

/// Connections over the limit that are told so at once; one more is closed without a word.
const REFUSED: usize = 256;

/// A server that listens. It accepts connections while [`run`](Self::run) is polled.
#[must_use = "connections are accepted only while it runs"]
pub struct Listening {
    shared: Arc<Shared>,
    transports: Transports,
    listeners: Vec<Box<dyn Listener>>,
}

/// What the sessions of a server have in common.
struct Shared {
    config: Arc<Config>,
    peers: Peers,
    hooks: Hooks,
    open: AtomicUsize,
    /// Connections that are being told that there is no room.
    refused: Arc<AtomicUsize>,
    tasks: TaskTracker,
    stop: CancellationToken,
    abort: CancellationToken,
    vitals: OnceLock<Vitals>,
}

/// A handle to a server that listens or runs; clones are cheap.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
    urls: Arc<[String]>,
    /// Whether nothing runs that would end it when it is shut down.
    embedded: bool,
}

impl Listening {
    pub(super) fn new(config: Arc<Config>, transports: Transports, hooks: Hooks) -> Self {
        Self {
            shared: Arc::new(Shared {
                config,
                peers: Peers::default(),
                hooks,
                open: AtomicUsize::new(0),
                refused: Arc::default(),
                tasks: TaskTracker::new(),
                stop: CancellationToken::new(),
                abort: CancellationToken::new(),
                vitals: OnceLock::new(),
            }),
            transports,
            listeners: Vec::new(),
        }
    }

    /// Lets `vitals` say how this server is.
    pub(super) fn watched(self, vitals: Vitals, version: String) -> Self {
        let shared = Arc::downgrade(&self.shared);
        vitals.set(move |health| {
            health.version.clone_from(&version);
            match shared.upgrade() {
                Some(shared) => shared.say(health),
                None => health.ready = false,
            }
        });
        let _ = self.shared.vitals.set(vitals);
        self
    }

    /// Listens at one more URL.
    ///
    /// # Errors
    ///
    /// When the URL or the place cannot be used.
    pub async fn and_listen(mut self, url: &str) -> Result<Self, ListenError> {
        let settings = self.shared.config.transport_settings();
        let listener = self.transports.by_url(url)?.listen(url, &settings).await?;
        self.listeners.push(listener);
        Ok(self)
    }

    /// The URL to connect to, with the actual port; the first one, when there are several.
    pub fn url(&self) -> &str {
        self.listeners.first().map_or("", |listener| listener.url())
    }

    /// All URLs to connect to.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.listeners.iter().map(|listener| listener.url())
    }

    /// The peers that are connected.
    pub fn peers(&self) -> Peers {
        self.shared.peers.clone()
    }

    /// A handle to look at the server and to shut it down from elsewhere.
    pub fn handle(&self) -> Handle {
        Handle {
            shared: self.shared.clone(),
            urls: self.urls().map(str::to_owned).collect(),
            embedded: false,
        }
    }

    /// A handle to a server that takes only what it is given.
    pub(super) fn embedded(self) -> Handle {
        Handle {
            embedded: true,
            ..self.handle()
        }
    }

    /// What ends [`run`](Self::run).
    pub(super) fn stop(&self) -> CancellationToken {
        self.shared.stop.clone()
    }

    /// Accepts connections and runs their sessions, each in a task of its own, until the server is
    /// [shut down](Handle::shutdown) and what ran has ended.
    ///
    /// Dropping this future stops at once: sessions are ended and their handlers dropped.
    pub async fn run(self) {
        let Self {
            shared,
            mut listeners,
            ..
        } = self;
        let abort = shared.abort.clone().drop_guard();
        while let Some(Some(incoming)) = shared
            .stop
            .run_until_cancelled(accept(&mut listeners))
            .await
        {
            shared.clone().admit(incoming);
        }
        drop(listeners);
        shared.wind_down().await;
        drop(abort);
    }

    /// Runs in a task of its own, and gives back the handle.
    pub fn spawn(self) -> Handle {
        let handle = self.handle();
        crate::runtime::spawn(self.run());
        handle
    }
}

impl Shared {
    fn say(&self, health: &mut HealthReport) {
        health.connections = self.peers.len() as u64;
        health.running = self.config.running.load(Relaxed) as u64;
        health.draining = self.stop.is_cancelled();
        health.ready = !health.draining;
    }

    /// Says goodbye to every peer, waits for what runs up to the drain limit, then aborts it.
    async fn wind_down(&self) {
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
    fn run(self: Arc<Self>, place: Place, incoming: Box<dyn Incoming>) {
        let remote = incoming.remote().to_owned();
        let tasks = self.tasks.clone();
        tasks.spawn(async move {
            let serve = self.serve(incoming, &remote);
            self.abort.run_until_cancelled(serve).await;
            drop(place);
        });
    }

    /// Runs one connection in a task of its own, its handshake included.
    fn admit(self: Arc<Self>, incoming: Box<dyn Incoming>) {
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

    async fn serve(&self, incoming: Box<dyn Incoming>, remote: &str) {
        let limit = self.config.limits.handshake;
        let handshake = async {
            let begun = Instant::now();
            let accepted = timeout(limit, incoming.accept()).await;
            let connection = accepted.map_err(|_| TransportError::Timeout(limit))??;
            let left = limit.saturating_sub(begun.elapsed());
            Session::accept_within(connection, self.config.clone(), left).await
        };
        let session = match handshake.await {
            Ok(session) => session,
            Err(error) => {
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
                return;
            }
        };
        // Those who ask in a hook find the peer in the list when it is there, and not when it has gone:
        // what is declared last is dropped first.
        let entered = self.peers.enter(session.peer());
        let _told = self.hooks.connected(session.peer(), session.peer());
        let _entered = entered;
        if self.stop.is_cancelled() {
            session.peer().drain();
        }
        let why = session.await;
        tracing::debug!(peer = %Escaped(remote), why = %Escaped(why), "connection ended");
    }
}

/// One of the connections that a server may have.
pub(super) struct Place(Arc<Shared>);

impl Place {
    fn take(shared: Arc<Shared>) -> Option<Self> {
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

impl Handle {
    /// The URL to connect to, with the actual port; the first one, when there are several.
    pub fn url(&self) -> &str {
        self.urls.first().map_or("", String::as_str)
    }

    /// All URLs to connect to.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.urls.iter().map(String::as_str)
    }

    /// The peers that are connected.
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
    /// [`Limits::drain`](crate::limits::Limits::drain); then aborts the rest. Waits for the end.
    pub async fn shutdown(&self) {
        let first = !self.shared.stop.is_cancelled();
        self.shared.stop.cancel();
        if self.embedded && first {
            let shared = self.shared.clone();
            // In a task of its own: it goes on when nobody waits for it any more.
            crate::runtime::spawn(async move { shared.wind_down().await });
        }
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listening")
            .field("urls", &self.urls().collect::<Vec<_>>())
            .finish_non_exhaustive()
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

/// A connection whose handshake is done already.
struct Arrived(Box<dyn Connection>);

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

/// Waits for the next connection at any of the listeners; one that has ended for good is dropped.
async fn accept(listeners: &mut Vec<Box<dyn Listener>>) -> Option<Box<dyn Incoming>> {
    poll_fn(|cx| {
        let mut accepted = None;
        listeners.retain_mut(|listener| {
            if accepted.is_some() {
                return true;
            }
            match listener.poll_accept(cx) {
                Poll::Pending => true,
                Poll::Ready(Ok(incoming)) => {
                    accepted = Some(incoming);
                    true
                }
                Poll::Ready(Err(error)) => {
                    tracing::error!(url = listener.url(), %error, "no longer listening");
                    false
                }
            }
        });
        match accepted {
            Some(incoming) => Poll::Ready(Some(incoming)),
            None if listeners.is_empty() => Poll::Ready(None),
            None => Poll::Pending,
        }
    })
    .await
}
