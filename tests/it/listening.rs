//! A server that listens, seen from outside.

use std::sync::{Arc, Mutex};

use mitto::peer::Peer;
use mitto::server::Server;
use mitto::transport::memory::Memory;
use mitto::{Request, handler, provider};
use serde::{Deserialize, Serialize};

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
