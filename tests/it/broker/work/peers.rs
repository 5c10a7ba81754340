//! Who asks, and calls back to that.

use std::sync::Arc;

use mitto::queue::broker::Broker;
use mitto::{Server, transport::memory::Memory};

use super::Shop;
use super::jobs::{AskBack, Double, JobApp, JobClient, Jobs};

const OPEN: usize = 1_000_000;

pub(in super::super) async fn handler_asks_its_client(broker: Arc<dyn Broker>) {
    let shop = Shop::new(broker, OPEN);
    let _worker = shop.working().await;
    // In process, and behind a connection.
    let client = shop.client().await;
    let answer = client.ask_back(AskBack {}).await;
    assert_eq!(answer.as_deref(), Ok("more is fine"));

    let memory = Memory::new();
    let gateway = Jobs::gateway(shop.publisher().await);
    let server = Server::new(gateway).transport(memory.clone());
    let server = server.listen("memory://gate").await.unwrap().spawn();
    let client = JobClient::builder().provide(JobApp).transport(memory);
    let client = client.connect(server.url()).await.unwrap();
    let answer = client.ask_back(AskBack {}).await;
    assert_eq!(answer.as_deref(), Ok("more is fine"));
}

pub(in super::super) async fn handler_learns_that_its_gateway_is_gone(broker: Arc<dyn Broker>) {
    if !broker.capabilities().knows_inboxes {
        return;
    }
    let mut shop = Shop::new(broker, 0);
    let _worker = shop.working().await;
    let client = shop.client().await;
    let call = tokio::spawn(async move { client.ask_back(AskBack {}).await });
    assert_eq!(shop.event().await, "asks");
    // The gateway goes with its last client, without a word.
    call.abort();
    let _ = call.await;
    shop.let_pass(1);
    // Either it was dropped, as nobody waits, or it has learned it from its call.
    if let Ok(event) = shop.events.try_recv() {
        assert_eq!(event, "lost: ConnectionLost");
    }
}

/// The connection ends, not the call.
pub(in super::super) async fn client_that_is_gone_takes_its_requests_along(
    broker: Arc<dyn Broker>,
) {
    let mut shop = Shop::new(broker, 0);
    let worker = shop.working().await;
    let memory = Memory::new();
    let gateway = Jobs::gateway(shop.publisher().await);
    let server = Server::new(gateway).transport(memory.clone());
    let server = server.listen("memory://gate").await.unwrap().spawn();
    let client = JobClient::builder().transport(memory);
    let client = client.connect(server.url()).await.unwrap();
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.double(Double { n: 1 }).await }
    });
    assert_eq!(shop.event().await, "double 1");
    client.peer().close();
    assert_eq!(shop.event().await, "dropped");
    assert!(call.await.unwrap().is_err());
    while worker.running() > 0 {
        tokio::task::yield_now().await;
    }
}
