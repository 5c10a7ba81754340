use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use mitto::{Context, Items, Request, State, Status, handler, provider};
use serde::{Deserialize, Serialize};

/// Answered at once.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = Answered)]
pub(super) struct Quick {
    pub(super) id: u32,
    pub(super) text: String,
}

/// Answered after some turns of the run queue.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = Answered)]
pub(super) struct Patient {
    pub(super) id: u32,
    pub(super) turns: u8,
    pub(super) text: String,
}

/// Answered after some milliseconds.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = Answered)]
pub(super) struct Sleepy {
    pub(super) id: u32,
    pub(super) ms: u8,
}

/// Answered by asking the caller back.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = Answered)]
pub(super) struct Relayed {
    pub(super) id: u32,
}

/// Asked back by [`Relayed`].
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = u32)]
pub(super) struct Relay {
    id: u32,
}

/// Answered by the numbers from `id` on.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = u32)]
pub(super) struct Count {
    pub(super) id: u32,
    pub(super) items: u32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Answered {
    pub(super) id: u32,
    pub(super) text: String,
}

mitto::schema! {
    /// Both ends ask the same.
    pub(super) Storm {
        client => server as StormClient: [Quick, Patient, Sleepy, Count, Relayed],
        server => client as StormCaller: [Quick, Patient, Sleepy, Count, Relay],
    }
}

#[provider(server of Storm: [quick, patient, sleepy, count, relayed])]
pub(super) struct StormServer {
    ledger: Arc<Ledger>,
}

#[provider(client of Storm: [quick, patient, sleepy, count, relay])]
pub(super) struct StormApp {
    ledger: Arc<Ledger>,
}

impl StormServer {
    pub(super) fn new(ledger: Arc<Ledger>) -> Self {
        Self { ledger }
    }
}

impl StormApp {
    pub(super) fn new(ledger: Arc<Ledger>) -> Self {
        Self { ledger }
    }
}

type Books = State<Arc<Ledger>>;

#[handler]
fn quick(State(ledger): Books, req: Quick) -> Answered {
    let _running = ledger.enter(req.id);
    answered(req.id, req.text)
}

#[handler]
async fn patient(State(ledger): Books, req: Patient) -> Answered {
    let _running = ledger.enter(req.id);
    for _ in 0..req.turns {
        tokio::task::yield_now().await;
    }
    answered(req.id, req.text)
}

#[handler]
async fn sleepy(State(ledger): Books, context: Context, req: Sleepy) -> Answered {
    let _running = ledger.enter(req.id);
    tokio::time::sleep(Duration::from_millis(u64::from(req.ms) / 2)).await;
    context.progress();
    tokio::time::sleep(Duration::from_millis(u64::from(req.ms) / 2)).await;
    answered(req.id, String::new())
}

#[handler]
async fn relayed(
    State(ledger): Books,
    caller: StormCaller,
    req: Relayed,
) -> Result<Answered, Status> {
    let _running = ledger.enter(req.id);
    let id = caller.relay(Relay { id: req.id }).await?;
    assert_eq!(id, !req.id);
    Ok(answered(req.id, String::new()))
}

#[handler]
fn relay(req: Relay) -> u32 {
    !req.id
}

#[handler]
async fn count(State(ledger): Books, items: Items<u32>, req: Count) -> Result<(), Status> {
    let _running = ledger.enter(req.id);
    for n in 0..req.items {
        items.send(req.id.wrapping_add(n)).await?;
    }
    Ok(())
}

fn answered(id: u32, text: String) -> Answered {
    Answered { id: !id, text }
}

/// Which requests have come to a handler, and how many handlers run.
pub(super) struct Ledger {
    handled: Vec<AtomicU8>,
    running: AtomicUsize,
}

impl Ledger {
    pub(super) fn new(requests: u32) -> Self {
        Self {
            handled: (0..requests).map(|_| AtomicU8::new(0)).collect(),
            running: AtomicUsize::new(0),
        }
    }

    /// How often a request has come to a handler.
    pub(super) fn handled(&self, id: u32) -> u8 {
        self.handled[id as usize].load(SeqCst)
    }

    /// Waits until the last dropped handler is gone, and checks that nothing was handled twice.
    pub(super) async fn settle(&self) {
        let gone = async {
            while self.running.load(SeqCst) > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let settled = tokio::time::timeout(super::PATIENCE, gone).await;
        settled.expect("a handler was left behind");
        assert!(self.handled.iter().all(|handled| handled.load(SeqCst) <= 1));
    }

    fn enter(self: Arc<Self>, id: u32) -> Running {
        self.handled[id as usize].fetch_add(1, SeqCst);
        self.running.fetch_add(1, SeqCst);
        Running(self)
    }
}

/// A handler that runs, until this is dropped.
struct Running(Arc<Ledger>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, SeqCst);
    }
}
