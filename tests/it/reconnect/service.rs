//! What these tests call, and what it remembers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mitto::{Code, Context, Items, Notification, Request, State, Status, handler};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// May be run twice.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = u64, idempotent)]
pub(super) struct Get {
    pub(super) key: u64,
}

/// May not.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = u64)]
pub(super) struct Put {
    pub(super) key: u64,
}

/// Waits for the gate; may be run twice.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = u64, idempotent)]
pub(super) struct SlowGet {
    pub(super) key: u64,
}

/// Waits for the gate; may not be run twice.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = u64)]
pub(super) struct SlowPut {
    pub(super) key: u64,
}

/// Fails as if a connection behind the server were lost.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = u64, idempotent)]
pub(super) struct LoseBehind {
    pub(super) key: u64,
}

/// What is left of the request's deadline, in milliseconds, once the gate lets it through.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = u64, idempotent)]
pub(super) struct TimeLeft {}

/// Ticks from one number up to another, then hangs.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = Tick, idempotent)]
pub(super) struct Watch {
    pub(super) from: u64,
    pub(super) until: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tick {
    pub(super) seq: u64,
}

#[derive(Debug, Serialize, Deserialize, Notification)]
pub(super) struct Note {
    pub(super) key: u64,
}

/// Asks the caller for its name.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String)]
pub(super) struct AskBack {}

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String, idempotent)]
pub(super) struct WhoAreYou {}

/// Never answered by the client.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(idempotent)]
pub(super) struct HangThere {}

mitto::schema! {
    pub(super) Desk {
        client => server as DeskClient: [
            Get, Put, SlowGet, SlowPut, LoseBehind, TimeLeft, Watch, Note, AskBack,
        ],
        server => client as DeskCaller: [WhoAreYou, HangThere],
    }
}

/// How often each key was run, over all servers of a test.
#[derive(Clone, Debug, Default)]
pub(super) struct Book(Arc<Mutex<BTreeMap<u64, u32>>>);

impl Book {
    fn note(&self, key: u64) -> u64 {
        *self.0.lock().unwrap().entry(key).or_default() += 1;
        key
    }

    pub(super) fn runs(&self, key: u64) -> u32 {
        self.0.lock().unwrap().get(&key).copied().unwrap_or(0)
    }

    pub(super) async fn until_run(&self, key: u64, times: u32) {
        while self.runs(key) < times {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

#[mitto::provider(server of Desk: [
    get, put, slow_get, slow_put, lose_behind, time_left, watch, note, ask_back,
])]
#[derive(Clone, Debug)]
pub(super) struct TheDesk {
    pub(super) book: Book,
    pub(super) gate: Arc<Semaphore>,
}

impl Default for TheDesk {
    fn default() -> Self {
        let book = Book::default();
        let gate = Arc::new(Semaphore::new(0));
        Self { book, gate }
    }
}

#[handler]
fn get(State(book): State<Book>, req: Get) -> u64 {
    book.note(req.key)
}

#[handler]
fn put(State(book): State<Book>, req: Put) -> u64 {
    book.note(req.key)
}

#[handler]
async fn slow_get(
    State(book): State<Book>,
    State(gate): State<Arc<Semaphore>>,
    req: SlowGet,
) -> u64 {
    let key = book.note(req.key);
    pass(&gate).await;
    key
}

#[handler]
async fn slow_put(
    State(book): State<Book>,
    State(gate): State<Arc<Semaphore>>,
    req: SlowPut,
) -> u64 {
    let key = book.note(req.key);
    pass(&gate).await;
    key
}

#[handler]
fn lose_behind(State(book): State<Book>, req: LoseBehind) -> Result<u64, Status> {
    book.note(req.key);
    Err(Status::new(Code::ConnectionLost, "the database is gone"))
}

#[handler]
async fn time_left(
    State(book): State<Book>,
    State(gate): State<Arc<Semaphore>>,
    context: Context,
    _: TimeLeft,
) -> u64 {
    book.note(0);
    let left = context.deadline().unwrap() - Instant::now();
    pass(&gate).await;
    left.as_millis() as u64
}

#[handler]
async fn watch(State(book): State<Book>, items: Items<Tick>, req: Watch) -> Result<(), Status> {
    book.note(req.from);
    for seq in req.from..req.until {
        items.send(Tick { seq }).await?;
    }
    std::future::pending().await
}

#[handler]
fn note(State(book): State<Book>, req: Note) {
    book.note(req.key);
}

#[handler]
async fn ask_back(caller: DeskCaller, _: AskBack) -> Result<String, Status> {
    caller.who_are_you(WhoAreYou {}).await
}

async fn pass(gate: &Semaphore) {
    gate.acquire().await.unwrap().forget();
}

/// The client's side.
#[mitto::provider(client of Desk: [who_are_you, hang_there])]
#[derive(Clone, Debug, Default)]
pub(super) struct Visitor {
    pub(super) book: Book,
}

#[handler]
fn who_are_you(_: WhoAreYou) -> String {
    "Ada".into()
}

#[handler]
async fn hang_there(State(book): State<Book>, _: HangThere) {
    book.note(0);
    std::future::pending::<()>().await;
}
