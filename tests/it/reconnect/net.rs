//! The in-memory transport as `net://name`, with what may happen to a network.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use mitto::transport::memory::Memory;
use mitto::transport::{
    Batch, BoxFuture, CloseReason, Connection, Frame, Listener, Settings, Transport, TransportError,
};
use tokio::time::Instant;

/// Notes when it is asked for a connection, and can swallow everything.
#[derive(Clone, Default)]
pub(super) struct Net {
    memory: Memory,
    pub(super) dials: Arc<Mutex<Vec<Instant>>>,
    /// Whether the connections of now carry nothing any more, without a word.
    hole: Arc<Mutex<Arc<AtomicBool>>>,
}

impl Net {
    pub(super) fn swallow(&self) {
        let next = Arc::default();
        let now = std::mem::replace(&mut *self.hole.lock().unwrap(), next);
        now.store(true, SeqCst);
    }
}

impl Transport for Net {
    fn schemes(&self) -> &'static [&'static str] {
        &["net"]
    }

    fn connect<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, TransportError>> {
        self.dials.lock().unwrap().push(Instant::now());
        let hole = self.hole.lock().unwrap().clone();
        Box::pin(async move {
            let inner = self.memory.connect(url, settings).await?;
            Ok(Box::new(Cable { inner, hole }) as Box<dyn Connection>)
        })
    }

    fn listen<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Listener>, TransportError>> {
        self.memory.listen(url, settings)
    }
}

struct Cable {
    inner: Box<dyn Connection>,
    hole: Arc<AtomicBool>,
}

impl Connection for Cable {
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, TransportError>> {
        match self.hole.load(SeqCst) {
            true => Poll::Pending,
            false => self.inner.poll_fill(cx),
        }
    }

    fn next_frame(&mut self) -> Result<Option<Frame<'_>>, TransportError> {
        self.inner.next_frame()
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        batch: &mut Batch,
    ) -> Poll<Result<(), TransportError>> {
        if self.hole.load(SeqCst) {
            *batch = Batch::new();
        }
        self.inner.poll_write(cx, batch)
    }

    fn poll_close(
        &mut self,
        cx: &mut Context<'_>,
        reason: &CloseReason,
    ) -> Poll<Result<(), TransportError>> {
        match self.hole.load(SeqCst) {
            true => Poll::Pending,
            false => self.inner.poll_close(cx, reason),
        }
    }

    fn accepted(&self) -> u64 {
        self.inner.accepted()
    }

    fn remote(&self) -> &str {
        self.inner.remote()
    }
}
