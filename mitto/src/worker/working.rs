//! A worker that is connected.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU16;

use tokio_util::sync::CancellationToken;

use super::Handle;
use super::handle::Shared;
use crate::queue::broker::{BrokerError, Endpoint, Node};

/// A worker that is connected to its broker. It takes work while [`run`](Self::run) is polled.
#[must_use = "work is taken only while it runs"]
pub struct Working {
    shift: Shift,
}

/// A worker's time. Dropped, it stops at once.
struct Shift {
    shared: Arc<Shared>,
    /// Whether it has stopped in order.
    ended: bool,
}

impl Working {
    pub(super) fn new(endpoint: Arc<Endpoint>, nodes: Vec<Node>, concurrency: u16) -> Self {
        let shared = Arc::new(Shared {
            endpoint,
            nodes,
            concurrency,
            wanted: AtomicU16::new(concurrency),
            telling: tokio::sync::Mutex::default(),
            stop: CancellationToken::new(),
            ended: CancellationToken::new(),
        });
        Self {
            shift: Shift {
                shared,
                ended: false,
            },
        }
    }

    /// Makes the queues that are not there.
    pub(super) async fn prepare(&self) -> Result<(), BrokerError> {
        let shared = &self.shift.shared;
        if let Some(line) = shared.endpoint.line() {
            for node in &shared.nodes {
                line.take_work(node, 0).await?;
            }
        }
        Ok(())
    }

    /// A handle to look at the worker and to shut it down from elsewhere.
    pub fn handle(&self) -> Handle {
        Handle {
            shared: self.shift.shared.clone(),
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
        let mut shift = self.shift;
        let shared = &shift.shared;
        shared.take_wanted().await?;
        shared.stop.cancelled().await;
        shared.wind_down().await;
        shift.ended = true;
        Ok(())
    }

    /// Runs in a task of its own, and gives back the handle. That it may not take work is logged. Work is
    /// taken a moment later; [`Handle::resume`] waits until it is, for brokers that keep nothing meanwhile.
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

impl Drop for Shift {
    fn drop(&mut self) {
        if !self.ended {
            self.shared.endpoint.leave();
        }
        self.shared.stop.cancel();
        self.shared.ended.cancel();
    }
}

impl fmt::Debug for Working {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Working")
            .field("nodes", &self.shift.shared.nodes)
            .finish_non_exhaustive()
    }
}
