//! A worker that is connected.

use std::fmt;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::Handle;
use super::handle::Shared;
use crate::queue::broker::{BrokerError, Endpoint, Node};

/// A worker that is connected to its broker. It takes work while [`run`](Self::run) is polled.
#[must_use = "work is taken only while it runs"]
pub struct Working {
    shared: Arc<Shared>,
}

impl Working {
    pub(super) fn new(endpoint: Arc<Endpoint>, nodes: Vec<Node>, concurrency: u16) -> Self {
        Self {
            shared: Arc::new(Shared {
                endpoint,
                nodes,
                concurrency,
                stop: CancellationToken::new(),
                ended: CancellationToken::new(),
            }),
        }
    }

    /// A handle to look at the worker and to shut it down from elsewhere.
    pub fn handle(&self) -> Handle {
        Handle {
            shared: self.shared.clone(),
        }
    }

    /// Takes work, until the worker is [shut down](Handle::shutdown) and what ran has ended.
    ///
    /// Dropping this future stops at once: what runs is dropped, and given to another worker.
    ///
    /// # Errors
    ///
    /// When the broker does not let it take work: a queue was set up in another way, a right is missing.
    pub async fn run(self) -> Result<(), BrokerError> {
        let shift = Shift(self.shared);
        let Shift(shared) = &shift;
        shared.take(shared.concurrency).await?;
        shared.stop.cancelled().await;
        shared.wind_down().await;
        Ok(())
    }

    /// Runs in a task of its own, and gives back the handle. That it may not take work is logged.
    pub fn spawn(self) -> Handle {
        let handle = self.handle();
        crate::runtime::spawn(async move {
            if let Err(error) = self.run().await {
                tracing::error!(%error, "the worker takes no work");
            }
        });
        handle
    }
}

/// A worker that runs. Dropped, it stops at once.
struct Shift(Arc<Shared>);

impl Drop for Shift {
    fn drop(&mut self) {
        self.0.stop.cancel();
        self.0.ended.cancel();
    }
}

impl fmt::Debug for Working {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Working")
            .field("nodes", &self.shared.nodes)
            .finish_non_exhaustive()
    }
}
