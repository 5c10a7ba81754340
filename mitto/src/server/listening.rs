//! A server that listens.

use std::fmt;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::doors::Doors;
use super::serving::Shared;
use super::{Handle, ListenError, Peers};
use crate::peer::Hooks;
use crate::session::Config;
use crate::telemetry::Vitals;
use crate::transport::{Listener, Transports};

/// A server that listens. It accepts connections while [`run`](Self::run) is polled.
#[must_use = "connections are accepted only while it runs"]
pub struct Listening {
    shared: Arc<Shared>,
    transports: Transports,
    listeners: Vec<Box<dyn Listener>>,
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
                doors: Doors::default(),
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
        self.begin().run().await;
    }

    /// Runs in a task of its own, and gives back the handle.
    pub fn spawn(self) -> Handle {
        let handle = self.handle();
        crate::runtime::spawn(self.begin().run());
        handle
    }

    fn begin(self) -> Running {
        let Self {
            shared, listeners, ..
        } = self;
        shared.doors.open(listeners);
        // A shutdown that came before has closed nothing.
        if shared.stop.is_cancelled() {
            shared.doors.close();
        }
        Running(shared)
    }
}

/// A server that runs. Dropped, it stops at once.
struct Running(Arc<Shared>);

impl Running {
    async fn run(self) {
        let Self(shared) = &self;
        while let Some(Some(incoming)) =
            shared.stop.run_until_cancelled(shared.doors.accept()).await
        {
            shared.clone().admit(incoming);
        }
        shared.doors.close();
        shared.wind_down().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.doors.close();
        self.0.abort.cancel();
    }
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listening")
            .field("urls", &self.urls().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
