//! The requests of the storms, and the handlers that the workers have.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use mitto::{Notification, Request, State, handler, provider};
use serde::{Deserialize, Serialize};

use crate::ledger::{Event, Ledger};

/// May be run twice: its effect is that its key is there.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = u64, idempotent)]
pub(crate) struct Put {
    pub(crate) key: u64,
    /// How long its handler works, in milliseconds.
    pub(crate) work: u64,
}

/// Must not be run twice.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = u64)]
pub(crate) struct Charge {
    pub(crate) key: u64,
    pub(crate) work: u64,
}

/// Nobody waits for it, and it must not be run twice.
#[derive(Debug, Serialize, Deserialize, Notification)]
pub(crate) struct Note {
    pub(crate) key: u64,
    pub(crate) work: u64,
}

mitto::schema! {
    pub(crate) Storms {
        client => server as StormClient: [Put, Charge, Note],
    }
}

/// Its handlers write down when they begin and end.
#[provider(server of Storms: [put, charge, note])]
pub(crate) struct StormServer {
    pub(crate) log: Log,
}

/// Where handlers write.
#[derive(Clone)]
pub(crate) struct Log {
    /// `None` where it would be too much.
    pub(crate) ledger: Option<Arc<Ledger>>,
    pub(crate) runs: Arc<AtomicU64>,
}

impl Log {
    async fn run(&self, key: u64, work: u64) -> u64 {
        self.runs.fetch_add(1, Relaxed);
        self.note(Event::Begun, key);
        if work > 0 {
            tokio::time::sleep(Duration::from_millis(work)).await;
        }
        self.note(Event::Ended, key);
        key
    }

    fn note(&self, event: Event, key: u64) {
        if let Some(ledger) = &self.ledger {
            ledger.note(event, key);
        }
    }
}

#[handler]
async fn put(State(log): State<Log>, req: Put) -> u64 {
    log.run(req.key, req.work).await
}

#[handler]
async fn charge(State(log): State<Log>, req: Charge) -> u64 {
    log.run(req.key, req.work).await
}

#[handler]
async fn note(State(log): State<Log>, req: Note) {
    log.run(req.key, req.work).await;
}
