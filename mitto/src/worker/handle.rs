//! A handle to a worker.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::queue::broker::{BrokerError, Endpoint, Node};

/// A handle to a worker that runs; clones are cheap.
#[derive(Clone)]
pub struct Handle {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) nodes: Vec<Node>,
    pub(super) concurrency: u16,
    /// How many tasks of each node are to be taken at once.
    pub(super) wanted: AtomicU16,
    /// Held while the broker is told.
    pub(super) telling: tokio::sync::Mutex<()>,
    pub(super) stop: CancellationToken,
    pub(super) ended: CancellationToken,
}

impl Handle {
    /// How many requests and notifications run.
    pub fn running(&self) -> usize {
        self.shared.endpoint.running()
    }

    /// The nodes that it takes work from.
    pub fn nodes(&self) -> &[Node] {
        &self.shared.nodes
    }

    /// Whether there is a connection to the broker now.
    pub fn is_connected(&self) -> bool {
        let line = self.shared.endpoint.line();
        line.is_some_and(|line| line.is_connected())
    }

    /// Takes nothing more until it is [resumed](Self::resume). What runs goes on.
    ///
    /// # Errors
    ///
    /// When the broker refuses.
    pub async fn pause(&self) -> Result<(), BrokerError> {
        self.shared.take(0).await
    }

    /// Takes work again.
    ///
    /// # Errors
    ///
    /// When the broker refuses.
    pub async fn resume(&self) -> Result<(), BrokerError> {
        self.shared.take(self.shared.concurrency).await
    }

    /// Takes nothing more, and lets what runs finish, up to [`Limits::drain`](crate::Limits::drain); the
    /// rest is dropped and answered `Cancelled`. Waits for the end.
    pub async fn shutdown(&self) {
        self.stop();
        self.shared.ended.cancelled().await;
    }

    /// Begins a shutdown.
    pub(super) fn stop(&self) {
        self.shared.stop.cancel();
    }
}

impl Shared {
    /// Takes at most so many tasks from each node at once.
    async fn take(&self, most: u16) -> Result<(), BrokerError> {
        self.wanted.store(most, Relaxed);
        self.take_wanted().await
    }

    /// Tells the broker how much is wanted by now.
    pub(super) async fn take_wanted(&self) -> Result<(), BrokerError> {
        let _telling = self.telling.lock().await;
        let most = self.wanted.load(Relaxed);
        if let Some(line) = self.endpoint.line() {
            for node in &self.nodes {
                line.take_work(node, most).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn wind_down(&self) {
        if let Err(error) = self.take(0).await {
            tracing::warn!(%error, "the broker may still give work to a worker that ends");
        }
        let drain = self.endpoint.limits.drain;
        if crate::runtime::timeout(drain, self.endpoint.idle())
            .await
            .is_err()
        {
            tracing::warn!(
                running = self.endpoint.running(),
                "the drain limit has passed"
            );
            self.endpoint.abort();
            // What is dropped is answered.
            let _ = crate::runtime::timeout(Duration::from_secs(1), self.endpoint.idle()).await;
        }
        self.endpoint.close().await;
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("nodes", &self.shared.nodes)
            .field("running", &self.running())
            .finish_non_exhaustive()
    }
}
