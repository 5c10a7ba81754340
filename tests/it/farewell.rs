//! Notifications whose client leaves right behind them.

use std::time::Duration;

use mitto::queue::broker::memory::Memory as Broker;
use mitto::queue::broker::{DeadLetters, Publisher};
use mitto::transport::memory::Memory;
use mitto::worker::MemoryStore;
use mitto::{MessageProvider, Notification, Server, State, Worker, handler, provider};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

#[derive(Serialize, Deserialize, Notification)]
struct Note {
    millis: u64,
}

mitto::schema! {
    Notes { client => server as NotesClient: [Note] }
}

#[provider(server of Notes: [note])]
struct NotesServer {
    told: UnboundedSender<&'static str>,
}

#[handler]
async fn note(State(told): State<UnboundedSender<&'static str>>, req: Note) {
    let _ = told.send("begun");
    tokio::time::sleep(Duration::from_millis(req.millis)).await;
    let _ = told.send("ended");
}

fn notes() -> (NotesServer, UnboundedReceiver<&'static str>) {
    let (told, heard) = unbounded_channel();
    (NotesServer { told }, heard)
}

/// Sends so many, and leaves in order.
async fn send(provider: impl MessageProvider, count: usize, millis: u64) {
    let memory = Memory::new();
    let server = Server::new(provider).transport(memory.clone());
    drop(server.listen("memory://notes").await.unwrap().spawn());
    let builder = NotesClient::builder().transport(memory);
    let client = builder.connect("memory://notes").await.unwrap();
    for _ in 0..count {
        client.note(Note { millis }).await.unwrap();
    }
    client.peer().drain();
    client.peer().closed().await;
}

async fn count(heard: &mut UnboundedReceiver<&'static str>, what: &str, mut count: usize) {
    while count > 0 {
        let next = tokio::time::timeout(Duration::from_secs(10), heard.recv());
        let next = next.await.expect("one is lost").expect("there is one");
        count -= usize::from(next == what);
    }
}

#[tokio::test]
async fn handlers_go_on_when_their_client_has_left() {
    let (server, mut heard) = notes();
    send(server, 5, 100).await;
    count(&mut heard, "ended", 5).await;
}

#[tokio::test]
async fn gateway_hands_on_what_it_was_sent() {
    let broker = Broker::new();
    let (server, mut heard) = notes();
    let worker = Worker::new(server).consume(&broker).await.unwrap().spawn();
    let gateway = Notes::gateway(Publisher::connect(&broker).await.unwrap());
    send(gateway, 500, 0).await;
    count(&mut heard, "ended", 500).await;
    worker.shutdown().await;
}

#[tokio::test]
async fn dead_letter_that_a_store_knows_runs_when_it_is_put_back() {
    let broker = Broker::new();
    let store = MemoryStore::new();
    let (server, mut heard) = notes();
    let first = Worker::new(server).deduplicate(store.clone());
    let first = first.node("notes/mine").consume(&broker).await.unwrap();
    let first = tokio::spawn(first.run());
    let publisher = Publisher::connect(&broker).await.unwrap();
    let client = NotesClient::local(Notes::gateway(publisher.to_node("notes/mine").unwrap()));
    client.note(Note { millis: 60_000 }).await.unwrap();
    count(&mut heard, "begun", 1).await;
    first.abort();

    let (server, mut heard) = notes();
    let second = Worker::new(server).deduplicate(store);
    let second = second.node("notes/mine").consume(&broker).await.unwrap();
    let second = second.spawn();
    let dead = DeadLetters::open(&broker, "notes/mine").await.unwrap();
    let letter = loop {
        match dead.list(1).await.unwrap().pop() {
            Some(letter) => break letter,
            None => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    };
    assert!(heard.try_recv().is_err(), "it ran twice unasked");
    assert!(dead.put_back(&letter).await.unwrap());
    count(&mut heard, "begun", 1).await;
    drop(second);
}
