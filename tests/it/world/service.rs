//! The handlers of the service.

use std::future::pending;
use std::time::Duration;

use mitto::context::{Context, Parts};
use mitto::{CallError, Extract, Items, Metadata, Peer, State, Status, handler};
use serde_bytes::ByteBuf;

use super::events::Events;
use super::messages::*;

/// The service, with its state.
#[mitto::provider(server of Service: [
    nothing, add, swap, turn, withdraw, count, work, blow, remember, tell_back, ask_odd, hang,
    hang_spawned, hang_blocking, wait, brief, panic_plain, panic_async, panic_spawned,
    panic_blocking, panic_extract, panic_stream, ask_back, hang_back, refuse_back, read_back, look,
    secret, silent, flood, reverse,
])]
#[derive(Clone, Debug)]
pub(crate) struct TheService {
    pub(crate) events: Events,
    pub(crate) word: String,
}

#[handler]
fn nothing(_: Nothing) {}

#[handler]
fn add(req: Add) -> Sum {
    Sum { sum: req.a + req.b }
}

#[handler]
async fn swap(Swap(text, number): Swap) -> (u32, String) {
    tokio::task::yield_now().await;
    (number, text)
}

#[handler]
fn turn(req: Turn) -> Page<Vec<Option<Sum>>> {
    let content = vec![None, Some(Sum { sum: 7 })];
    Page {
        number: req.to,
        content,
    }
}

#[handler]
async fn withdraw(req: Withdraw) -> Result<u64, CallError<NoMoney>> {
    match req.amount {
        0 => Err(Status::denied("take at least 1").into()),
        1..=100 => Ok(100 - req.amount),
        more => Err(CallError::Handler(NoMoney::Missing { amount: more - 100 })),
    }
}

#[handler]
async fn count(
    State(events): State<Events>,
    items: Items<u32>,
    req: Count,
) -> Result<(), CallError<NoMoney>> {
    let _guard = matches!(req.then, Then::Hang).then(|| events.guard("count"));
    for n in 1..=req.to {
        items.send(n).await?;
    }
    match req.then {
        Then::End => Ok(()),
        Then::Error => Err(CallError::Handler(NoMoney::Missing { amount: 1 })),
        Then::Status => Err(Status::denied("no more").into()),
        Then::Hang => pending().await,
    }
}

#[handler]
async fn work(context: Context, req: Work) -> u32 {
    for _ in 0..req.rounds {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if req.report {
            context.progress();
        }
    }
    req.rounds
}

#[handler]
fn reverse(mut req: Reverse) -> ByteBuf {
    req.content.reverse();
    req.content.into()
}

#[handler]
fn blow(req: Blow) -> String {
    "x".repeat(req.up)
}

#[handler]
fn remember(State(events): State<Events>, req: Remember) {
    events.tell(format!("remember {}", req.text));
}

#[handler]
async fn tell_back(caller: ServiceCaller, req: TellBack) -> Result<(), Status> {
    caller.told(Told { text: req.text }).await
}

#[handler]
fn ask_odd(req: AskOdd) -> Odd {
    Odd { panic: req.panic }
}

#[handler]
async fn hang(State(events): State<Events>, _: Hang) {
    let _guard = events.guard("hang");
    pending::<()>().await;
}

#[handler(spawn)]
async fn hang_spawned(State(events): State<Events>, _: HangSpawned) {
    let _guard = events.guard("hang_spawned");
    pending::<()>().await;
}

#[handler(blocking)]
fn hang_blocking(State(events): State<Events>, context: Context, _: HangBlocking) {
    let _guard = events.guard("hang_blocking");
    let token = context.cancellation();
    tokio::runtime::Handle::current().block_on(token.cancelled());
    assert!(context.is_cancelled());
}

#[handler]
async fn wait(State(events): State<Events>, _: Wait) -> Result<u32, Status> {
    let _guard = events.guard("wait");
    let permit = events.gate.acquire().await.map_err(Status::internal)?;
    permit.forget();
    Ok(42)
}

#[handler]
async fn brief(State(events): State<Events>, _: Brief) {
    let _guard = events.guard("brief");
    pending::<()>().await;
}

#[handler]
fn panic_plain(_: PanicPlain) {
    panic!("plain");
}

#[handler]
async fn panic_async(_: PanicAsync) {
    tokio::task::yield_now().await;
    panic!("async");
}

#[handler(spawn)]
async fn panic_spawned(_: PanicSpawned) {
    tokio::task::yield_now().await;
    panic!("spawned");
}

#[handler(blocking)]
fn panic_blocking(_: PanicBlocking) {
    panic!("blocking");
}

#[handler]
fn panic_extract(_: Fragile, _: PanicExtract) {}

#[handler]
async fn panic_stream(items: Items<u32>, _: PanicStream) -> Result<(), Status> {
    items.send(1).await?;
    panic!("stream");
}

#[handler]
async fn ask_back(caller: ServiceCaller, _: AskBack) -> Result<String, Status> {
    caller.favourite(Favourite {}).await
}

#[handler]
async fn hang_back(
    State(events): State<Events>,
    caller: ServiceCaller,
    _: HangBack,
) -> Result<(), Status> {
    let _guard = events.guard("hang_back");
    caller.hang_there(HangThere {}).await
}

#[handler]
async fn refuse_back(caller: ServiceCaller, _: RefuseBack) -> Result<String, Status> {
    match caller.refuse(Refuse {}).await {
        Err(CallError::Handler(Moody::NotNow)) => Ok("not now".into()),
        other => Err(Status::internal(format!("{other:?}"))),
    }
}

#[handler]
async fn read_back(caller: ServiceCaller, _: ReadBack) -> Result<Vec<u32>, Status> {
    let mut letters = caller.letters(Letters {}).await?;
    let mut read = Vec::new();
    while let Some(letter) = letters.next().await {
        read.push(letter?);
    }
    Ok(read)
}

#[handler]
fn look(
    State(word): State<String>,
    context: Context,
    metadata: Metadata,
    peer: Peer,
    _: Look,
) -> Seen {
    assert_eq!(context.metadata(), &metadata);
    assert_eq!(context.peer(), &peer);
    assert!(!context.is_cancelled());
    Seen {
        address: context.address().map(|address| address.to_string()),
        metadata: metadata
            .iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        deadline: context.deadline().is_some(),
        connected: peer.is_connected(),
        state: word,
    }
}

#[handler]
fn secret(key: Key, _: Secret) -> String {
    key.0
}

#[handler]
async fn silent(State(events): State<Events>, _items: Items<u32>, _: Silent) {
    let _guard = events.guard("silent");
    pending::<()>().await;
}

#[handler]
async fn flood(State(events): State<Events>, items: Items<String>, _: Flood) -> Result<(), Status> {
    let _guard = events.guard("flood");
    loop {
        items.send("x".repeat(4 << 10)).await?;
        events.tell("sent");
    }
}

/// What `key` in the metadata opens.
struct Key(String);

impl Extract<TheService> for Key {
    fn extract(service: &TheService, parts: &Parts<'_>) -> Result<Self, Status> {
        match parts.metadata.get("key") {
            Some(key) => Ok(Self(format!("{key} {}", service.word))),
            None => Err(Status::denied("no key")),
        }
    }
}

struct Fragile;

impl<S> Extract<S> for Fragile {
    fn extract(_: &S, _: &Parts<'_>) -> Result<Self, Status> {
        panic!("fragile");
    }
}
