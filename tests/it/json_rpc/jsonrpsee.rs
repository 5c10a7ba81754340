//! A client of `jsonrpsee`, to which a server of ours is one like any other.

use std::sync::Arc;

use jsonrpsee::client_transport::ws::{Url, WsTransportClientBuilder};
use jsonrpsee::core::ClientError;
use jsonrpsee::core::client::{
    BatchResponse, Client, ClientBuilder, ClientT, Subscription, SubscriptionClientT,
};
use jsonrpsee::core::params::{ArrayParams, BatchRequestBuilder, ObjectParams};
use mitto::Limits;
use mitto::server::Handle;
use tokio::sync::Semaphore;

use super::service::{NoMoney, serve};

async fn open() -> (Handle, Arc<Semaphore>, Client) {
    let (server, gate) = serve(Limits::default()).await;
    let url = Url::parse(server.url()).unwrap();
    let builder = WsTransportClientBuilder::default();
    let (sender, receiver) = builder.build(url).await.unwrap();
    let client = ClientBuilder::default().build_with_tokio(sender, receiver);
    (server, gate, client)
}

fn named<T: serde::Serialize>(name: &str, value: T) -> ObjectParams {
    let mut params = ObjectParams::new();
    params.insert(name, value).unwrap();
    params
}

fn listed<T: serde::Serialize>(values: &[T]) -> ArrayParams {
    let mut params = ArrayParams::new();
    for value in values {
        params.insert(value).unwrap();
    }
    params
}

#[tokio::test]
async fn handlers_are_called() {
    let (_server, gate, client) = open().await;
    let text: String = client.request("Echo", named("text", "hi")).await.unwrap();
    assert_eq!(text, "hi");
    let difference: i64 = client
        .request("sub-tract", listed(&[42, 23]))
        .await
        .unwrap();
    assert_eq!(difference, 19);
    let knocked: bool = client.request("Knock", ArrayParams::new()).await.unwrap();
    assert!(knocked);
    client
        .notification("LetGo", ArrayParams::new())
        .await
        .unwrap();
    let waited: u32 = client.request("Wait", ArrayParams::new()).await.unwrap();
    assert_eq!((waited, gate.available_permits()), (42, 0));
}

#[tokio::test]
async fn errors_arrive() {
    let (_server, _, client) = open().await;
    let own = client
        .request::<u64, _>("Withdraw", named("amount", 130))
        .await;
    let Err(ClientError::Call(own)) = own else {
        panic!("{own:?}");
    };
    let data: NoMoney = serde_json::from_str(own.data().unwrap().get()).unwrap();
    assert_eq!((own.code(), data), (1, NoMoney::Missing { amount: 30 }));
    for (method, params, code) in [
        ("Withdraw", named("amount", 0), -32009),
        ("Withdraw", named("amount", -1), -32602),
        ("Nobody", named("amount", 0), -32601),
    ] {
        match client.request::<u64, _>(method, params).await {
            Err(ClientError::Call(error)) => assert_eq!(error.code(), code),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn batches_are_answered() {
    let (_server, _, client) = open().await;
    let mut batch = BatchRequestBuilder::new();
    batch.insert("Echo", named("text", "one")).unwrap();
    batch.insert("Nobody", ArrayParams::new()).unwrap();
    batch.insert("Echo", listed(&["two"])).unwrap();
    let answers: BatchResponse<'_, String> = client.batch_request(batch).await.unwrap();
    let answers: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.map_err(|error| error.code()))
        .collect();
    assert_eq!(
        answers,
        [Ok("one".to_owned()), Err(-32601), Ok("two".to_owned())]
    );
}

#[tokio::test]
async fn subscriptions_bring_items_and_end() {
    let (server, _, client) = open().await;
    for to in [3, 120] {
        let subscribed = client
            .subscribe("Count", named("to", to), "mitto.cancel")
            .await;
        let mut items: Subscription<u32> = subscribed.unwrap();
        for n in 1..=to.min(99) {
            assert_eq!(items.next().await.unwrap().unwrap(), n);
        }
        assert!(items.next().await.is_none());
    }
    let params = {
        let mut params = named("to", 1);
        params.insert("hang", true).unwrap();
        params
    };
    let subscribed = client.subscribe("Count", params, "mitto.cancel").await;
    let mut items: Subscription<u32> = subscribed.unwrap();
    assert_eq!(items.next().await.unwrap().unwrap(), 1);
    let peer = server.peers().list().remove(0);
    assert_eq!(peer.statistics().running, 1);
    items.unsubscribe().await.unwrap();
    while peer.statistics().running > 0 {
        tokio::task::yield_now().await;
    }
}
