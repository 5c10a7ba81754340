//! A server that listens.

use std::fmt;
use std::future::poll_fn;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::serving::Shared;
use super::{Handle, ListenError, Peers};
use crate::peer::Hooks;
use crate::session::Config;
use crate::telemetry::Vitals;
use crate::transport::{Incoming, Listener, Transports};

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

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listening")
            .field("urls", &self.urls().collect::<Vec<_>>())
            .finish_non_exhaustive()
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
