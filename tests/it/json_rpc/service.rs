//! What is called here.

use std::future::pending;
use std::sync::Arc;

use mitto::server::Handle;
use mitto::{
    CallError, Code, Context, Items, Limits, Notification, Request, Server, State, Status,
};
use mitto::{handler, provider};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::raw::Raw;

/// Comes back as it is.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String)]
pub(super) struct Echo {
    pub(super) text: String,
}

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = i64, name = "sub-tract", id = 7, was = "Minus")]
pub(super) struct Subtract {
    pub(super) minuend: i64,
    pub(super) subtrahend: i64,
}

/// Has one field without a name.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = usize)]
pub(super) struct Length(pub(super) String);

/// Has no fields.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = bool)]
pub(super) struct Knock;

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = u64, error = NoMoney)]
pub(super) struct Withdraw {
    pub(super) amount: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum NoMoney {
    Missing { amount: u64 },
}

/// Fails with a status of this code.
#[derive(Debug, Serialize, Deserialize, Request)]
pub(super) struct Fail {
    pub(super) code: Code,
}

/// What the handler knows beside the message.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = (Option<String>, Vec<(String, String)>))]
pub(super) struct Look {}

/// Answered when the test lets it; reports progress first.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = u32)]
pub(super) struct Wait {
    #[serde(default)]
    pub(super) report: bool,
}

/// Never answered.
#[derive(Debug, Serialize, Deserialize, Request)]
pub(super) struct Hang {}

/// Counts from 1, then ends, fails with its own error above 99, or hangs.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = u32, error = NoMoney)]
pub(super) struct Count {
    pub(super) to: u32,
    #[serde(default)]
    pub(super) hang: bool,
}

/// Items of 64 KiB without end.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = String)]
pub(super) struct Flood {}

/// Lets one `Wait` go.
#[derive(Debug, Serialize, Deserialize, Notification)]
pub(super) struct LetGo {}

/// Makes the server ask the client for its name, and answers with that.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String)]
pub(super) struct AskBack {}

/// Makes the server read a stream of the client's.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = Vec<u32>)]
pub(super) struct ReadBack {}

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String)]
pub(super) struct Name {}

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = u32)]
pub(super) struct Letters {}

#[derive(Debug, Serialize, Deserialize, Notification)]
pub(super) struct Told {
    pub(super) text: String,
}

mitto::schema! {
    pub(super) Desk {
        client => server as DeskClient: [
            Echo, Subtract, Length, Knock, Withdraw, Fail, Look, Wait, Hang, Count, Flood, LetGo,
            AskBack, ReadBack,
        ],
        server => client as DeskCaller: [Name, Letters, Told],
    }
}

#[provider(server of Desk: [
    echo, subtract, length, knock, withdraw, fail, look, wait, hang, count, flood, let_go, ask_back,
    read_back,
])]
#[derive(Clone)]
pub(super) struct Clerk {
    pub(super) gate: Arc<Semaphore>,
}

#[handler]
fn echo(req: Echo) -> String {
    req.text
}

#[handler]
fn subtract(req: Subtract) -> i64 {
    req.minuend - req.subtrahend
}

#[handler]
fn length(req: Length) -> usize {
    req.0.len()
}

#[handler]
fn knock(_: Knock) -> bool {
    true
}

#[handler]
fn withdraw(req: Withdraw) -> Result<u64, CallError<NoMoney>> {
    match req.amount {
        0 => Err(Status::denied("take at least 1").into()),
        1..=100 => Ok(100 - req.amount),
        more => Err(CallError::Handler(NoMoney::Missing { amount: more - 100 })),
    }
}

#[handler]
fn fail(req: Fail) -> Result<(), Status> {
    Err(Status::new(req.code, "as asked"))
}

#[handler]
fn look(context: Context, _: Look) -> (Option<String>, Vec<(String, String)>) {
    let metadata = context.metadata().iter();
    let metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned()));
    (context.address().map(str::to_owned), metadata.collect())
}

#[handler]
async fn wait(State(gate): State<Arc<Semaphore>>, context: Context, req: Wait) -> u32 {
    if req.report {
        context.progress();
    }
    gate.acquire().await.unwrap().forget();
    42
}

#[handler]
async fn hang(_: Hang) {
    pending::<()>().await;
}

#[handler]
async fn count(items: Items<u32>, req: Count) -> Result<(), CallError<NoMoney>> {
    for n in 1..=req.to.min(99) {
        items.send(n).await?;
    }
    if req.hang {
        pending::<()>().await;
    }
    match req.to {
        0..=99 => Ok(()),
        more => Err(CallError::Handler(NoMoney::Missing {
            amount: u64::from(more),
        })),
    }
}

#[handler]
async fn flood(items: Items<String>, _: Flood) -> Result<(), Status> {
    loop {
        items.send("x".repeat(64 << 10)).await?;
    }
}

#[handler]
fn let_go(State(gate): State<Arc<Semaphore>>, _: LetGo) {
    gate.add_permits(1);
}

#[handler]
async fn ask_back(caller: DeskCaller, _: AskBack) -> Result<String, Status> {
    let name = caller.name(Name {}).await?;
    caller.told(Told { text: name.clone() }).await?;
    Ok(name)
}

#[handler]
async fn read_back(caller: DeskCaller, _: ReadBack) -> Result<Vec<u32>, Status> {
    let mut letters = caller.letters(Letters {}).await?;
    let mut all = Vec::new();
    while let Some(letter) = letters.next().await {
        all.push(letter?);
    }
    Ok(all)
}

/// A server, and the gate that its waiting handlers stand at.
pub(super) async fn serve(limits: Limits) -> (Handle, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let server = Server::new(Clerk { gate: gate.clone() }).limits(limits);
    let server = server
        .listen("ws://127.0.0.1:0")
        .await
        .expect("a free port");
    (server.spawn(), gate)
}

/// A server, and a client spoken by hand.
pub(super) async fn open() -> (Handle, Arc<Semaphore>, Raw) {
    let (server, gate) = serve(Limits::default()).await;
    let raw = Raw::connect(server.url(), None).await;
    (server, gate, raw)
}
