//! A server that listens, seen from outside.

use std::sync::{Arc, Mutex};

use mitto::peer::Peer;
use mitto::server::Server;
use mitto::transport::memory::Memory;
use mitto::{Request, handler, provider};
use serde::{Deserialize, Serialize};

use crate::port::Port;

#[derive(Serialize, Deserialize, Request)]
struct Knock;

mitto::schema! {
    Door {
        client => server as DoorClient: [Knock],
    }
}

#[provider(server of Door: [knock])]
struct Porter;

#[handler]
fn knock(_: Knock) {}

#[tokio::test]
async fn each_peer_is_told_of_before_its_first_request() {
    let memory = Memory::new();
    let seen: Arc<Mutex<Vec<Peer>>> = Arc::default();
    let told = seen.clone();
    let server = Server::new(Porter)
        .transport(memory.clone())
        .on_connect(move |peer| told.lock().unwrap().push(peer.clone()))
        .listen("memory://door")
        .await
        .unwrap()
        .spawn();
    assert_eq!(server.url(), "memory://door");
    for expected in 1..=2 {
        let builder = DoorClient::builder().transport(memory.clone());
        let client = builder.connect(server.url()).await.unwrap();
        client.knock(Knock).await.unwrap();
        assert_eq!(seen.lock().unwrap().len(), expected);
        let peer = seen.lock().unwrap()[expected - 1].clone();
        assert!(peer.is_connected());
        drop(client);
        peer.closed().await;
    }
    server.shutdown().await;
}

#[provider(client of Door: [])]
struct Visitor;

#[tokio::test]
async fn provider_of_the_client_side_cannot_listen() {
    let memory = Memory::new();
    let server = Server::new(Visitor).transport(memory);
    let error = server.listen("memory://door").await.unwrap_err();
    assert!(error.to_string().contains("`server of ..`"), "{error}");
}

#[tokio::test]
async fn client_without_handlers_says_so() {
    let memory = Memory::new();
    let server = Server::new(Porter).transport(memory.clone());
    let server = server.listen("memory://door").await.unwrap().spawn();
    let builder = DoorClient::builder().transport(memory);
    let door = builder.connect("memory://door").await.unwrap();
    let caller = server.peers().list().pop().unwrap();
    let status = caller.call(Knock).await.unwrap_err();
    assert_eq!(status.code(), mitto::Code::NotFound);
    assert!(
        status.message().contains("was given no handlers"),
        "{status}"
    );
    drop(door);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peer_is_listed_when_its_client_has_connected() {
    let memory = Memory::new();
    let (began, begins) = std::sync::mpsc::channel();
    let (go, goes) = std::sync::mpsc::channel();
    let goes = Mutex::new(goes);
    let server = Server::new(Porter)
        .transport(memory.clone())
        .on_connect(move |_| {
            began.send(()).unwrap();
            goes.lock().unwrap().recv().unwrap();
        });
    let server = server.listen("memory://door").await.unwrap();
    let server = server.and_listen("ws://127.0.0.1:0").await.unwrap().spawn();
    for url in server.urls() {
        let builder = DoorClient::builder().transport(memory.clone());
        let url = url.to_owned();
        let connecting = tokio::spawn(async move { builder.connect(&url).await });
        tokio::task::block_in_place(|| begins.recv()).unwrap();
        assert!(!connecting.is_finished(), "the hook comes first");
        go.send(()).unwrap();
        let door = connecting.await.unwrap().unwrap();
        let [peer] = &server.peers().list()[..] else {
            panic!("it is listed");
        };
        drop(door);
        peer.closed().await;
        while !server.peers().is_empty() {
            tokio::task::yield_now().await;
        }
    }
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn place_is_free_when_the_server_has_shut_down() {
    let memory = Memory::new();
    let port = Port::reserve();
    for url in ["memory://door", &port.url("ws")] {
        for is_used in [false, true].repeat(50) {
            let server = Server::new(Porter).transport(memory.clone());
            let server = server.listen(url).await.expect("a free place").spawn();
            if is_used {
                let builder = DoorClient::builder().transport(memory.clone());
                builder.connect(url).await.unwrap();
            }
            server.shutdown().await;
        }
    }
}

#[tokio::test]
async fn shutdown_before_the_beginning_holds() {
    let memory = Memory::new();
    let listen = || {
        let server = Server::new(Porter).transport(memory.clone());
        server.listen("memory://door")
    };
    let listening = listen().await.unwrap();
    listening.handle().shutdown().await;
    listening.run().await;
    drop(listen().await.unwrap());
    let listening = listen().await.unwrap();
    let handle = listening.handle();
    let run = tokio::spawn(listening.run());
    run.abort();
    run.await.unwrap_err();
    handle.shutdown().await;
    drop(listen().await.unwrap());
}
