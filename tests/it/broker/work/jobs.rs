//! A service whose handlers can be watched and held.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use mitto::{Context, Identity, Items, Notification, Request, State, Status, handler, provider};
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, mpsc};

/// May be run twice.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = i64, idempotent)]
pub(super) struct Double {
    pub(super) n: i64,
}

/// Must not be run twice.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = i64)]
pub(super) struct Charge {
    pub(super) n: i64,
}

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = u32, idempotent)]
pub(super) struct Tick {
    pub(super) to: u32,
}

#[derive(Debug, Serialize, Deserialize, Notification)]
pub(super) struct Note {
    pub(super) text: String,
}

/// Asks its caller, when it may.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String)]
pub(super) struct AskBack {}

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = Option<String>)]
pub(super) struct WhoAmI {}

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String)]
pub(super) struct Confirm {
    pub(super) what: String,
}

mitto::schema! {
    pub(super) Jobs {
        client => server as JobClient: [Double, Charge, Tick, Note, AskBack, WhoAmI],
        server => client as JobCaller: [Confirm],
    }
}

/// Its handlers say that they have begun, and wait for a permit.
#[provider(server of Jobs: [double, charge, tick, note, ask_back, who_am_i])]
#[derive(Clone)]
pub(super) struct JobServer {
    pub(super) watch: Watch,
}

#[derive(Clone)]
pub(super) struct Watch {
    events: mpsc::UnboundedSender<String>,
    pub(super) gate: Arc<Semaphore>,
    pub(super) most: Arc<AtomicUsize>,
    now: Arc<AtomicUsize>,
}

pub(super) type Events = mpsc::UnboundedReceiver<String>;

impl Watch {
    pub(super) fn new(permits: usize) -> (Self, Events) {
        let (events, heard) = mpsc::unbounded_channel();
        let watch = Self {
            events,
            gate: Arc::new(Semaphore::new(permits)),
            most: Arc::default(),
            now: Arc::default(),
        };
        (watch, heard)
    }

    fn say(&self, event: impl Into<String>) {
        let _ = self.events.send(event.into());
    }

    async fn pass(&self) {
        let now = Now(self.clone());
        let count = self.now.fetch_add(1, SeqCst) + 1;
        self.most.fetch_max(count, SeqCst);
        self.gate.acquire().await.expect("an open gate").forget();
        drop(now);
    }
}

/// One handler that runs.
struct Now(Watch);

impl Drop for Now {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, SeqCst);
    }
}

/// Says when a handler is dropped before its end.
struct Unless(Watch, Option<&'static str>);

impl Drop for Unless {
    fn drop(&mut self) {
        if let Some(text) = self.1.take() {
            self.0.say(text);
        }
    }
}

#[handler]
async fn double(State(watch): State<Watch>, req: Double) -> i64 {
    watch.say(format!("double {}", req.n));
    let mut dropped = Unless(watch.clone(), Some("dropped"));
    watch.pass().await;
    dropped.1 = None;
    2 * req.n
}

#[handler]
async fn charge(State(watch): State<Watch>, req: Charge) -> i64 {
    watch.say(format!("charge {}", req.n));
    watch.pass().await;
    req.n
}

#[handler]
async fn tick(State(watch): State<Watch>, items: Items<u32>, req: Tick) -> Result<(), Status> {
    let mut dropped = Unless(watch.clone(), Some("dropped"));
    for n in 0..req.to {
        items.send(n).await?;
    }
    dropped.1 = None;
    Ok(())
}

/// One that says `wait` waits, and one that says `ask` asks then.
#[handler]
async fn note(State(watch): State<Watch>, caller: JobCaller, req: Note) {
    watch.say(format!("note {}", req.text));
    if req.text == "wait" || req.text == "ask" {
        watch.pass().await;
    }
    if req.text == "ask" {
        let _ = ask(&watch, &caller).await;
    }
}

#[handler]
async fn ask_back(
    State(watch): State<Watch>,
    caller: JobCaller,
    _: AskBack,
) -> Result<String, Status> {
    watch.say("asks");
    watch.pass().await;
    ask(&watch, &caller).await
}

async fn ask(watch: &Watch, caller: &JobCaller) -> Result<String, Status> {
    let what = "more".to_owned();
    let answer = caller.confirm(Confirm { what }).await;
    if let Err(status) = &answer {
        watch.say(format!("lost: {:?}", status.code()));
    }
    answer
}

#[handler]
fn who_am_i(ctx: Context, identity: Option<Identity>, _: WhoAmI) -> Option<String> {
    assert_eq!(ctx.identity(), identity.as_ref());
    identity.map(|identity| identity.name().to_owned())
}

/// The client's own end.
#[provider(client of Jobs: [confirm])]
pub(super) struct JobApp;

#[handler]
fn confirm(req: Confirm) -> String {
    format!("{} is fine", req.what)
}
