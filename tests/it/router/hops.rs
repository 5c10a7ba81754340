//! Servers that forward to servers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use mitto::auth::LINK;
use mitto::job::{Answer, Job, Run};
use mitto::queue::{Forward, Queue};
use mitto::router::{Router, Routes};
use mitto::server::Handle;
use mitto::{Code, Identity};
use tokio::time::timeout;

use super::shop::*;

/// A way of so many hops to a shop.
async fn way(street: &Street, shop: TheShop, hops: usize) -> (Vec<Handle>, ShopClient) {
    let mut servers = vec![street.serve("0", shop).await];
    for n in 1..=hops {
        let there = street.link(&(n - 1).to_string()).await;
        let router = Router::new(Routes::new().node("shop/orders", there).unwrap());
        servers.push(street.serve(&n.to_string(), Shop::gateway(router)).await);
    }
    let client = street.connect(&hops.to_string()).await;
    (servers, client)
}

#[tokio::test]
async fn address_and_identity_travel() {
    let street = Street::default();
    let (_servers, anonymous) = way(&street, TheShop::new("far"), 2).await;
    let ann = street.client().token("ann");
    let ann = ann.connect("memory://2").await.unwrap();
    for _ in 0..3 {
        let seen = anonymous.who(Who {}).at("shop/orders/Who").await.unwrap();
        let nobody = Seen {
            name: None,
            grants: Vec::new(),
            address: Some("shop/orders/Who".into()),
            link: true,
        };
        assert_eq!(seen, nobody);
        let seen = ann.who(Who {}).await.unwrap();
        let expected = Seen {
            name: Some("ann".into()),
            grants: vec!["read".into()],
            address: Some("shop/orders".into()),
            link: true,
        };
        assert_eq!(seen, expected);
    }
}

#[tokio::test]
async fn what_a_client_states_of_others_is_overwritten() {
    let street = Street::default();
    let (_servers, anonymous) = way(&street, TheShop::new("far"), 2).await;
    let ann = street.client().token("ann");
    let ann = ann.connect("memory://2").await.unwrap();
    let admin = || Some(Identity::new("admin").grant("read").grant(LINK));
    let seen = anonymous.who(Who {}).forwarded_for(admin(), 200).await;
    assert_eq!(seen.unwrap().name, None);
    let seen = ann.who(Who {}).forwarded_for(admin(), 200).await;
    assert_eq!(seen.unwrap().name.as_deref(), Some("ann"));
    let seen = ann.who(Who {}).forwarded_for(None, 8).await;
    assert_eq!(seen.unwrap().name.as_deref(), Some("ann"));
}

#[tokio::test]
async fn cancelled_request_ends_behind_two_hops() {
    let street = Street::default();
    let (shop, mut heard) = TheShop::closed("far");
    let (servers, client) = way(&street, shop, 2).await;
    let asked = tokio::spawn({
        let client = client.clone();
        async move { client.buy(Buy {}).await }
    });
    assert_eq!(heard.recv().await.unwrap(), "begun");
    asked.abort();
    let gone = timeout(Duration::from_secs(1), heard.recv()).await;
    assert_eq!(gone.unwrap().unwrap(), "gone");
    // So does a stream, and what waits when its client leaves.
    let mut items = client.count(Count {}).await.unwrap();
    for n in 0..1_000 {
        assert_eq!(items.next().await, Some(Ok(n)));
    }
    drop(items);
    let gone = timeout(Duration::from_secs(1), heard.recv()).await;
    assert_eq!(gone.unwrap().unwrap(), "gone");
    let asked = tokio::spawn({
        let client = client.clone();
        async move { client.buy(Buy {}).await }
    });
    assert_eq!(heard.recv().await.unwrap(), "begun");
    servers[2].peers().list()[0].close();
    let gone = timeout(Duration::from_secs(1), heard.recv()).await;
    assert_eq!(gone.unwrap().unwrap(), "gone");
    assert_eq!(
        asked.await.unwrap().unwrap_err().code(),
        Code::ConnectionLost
    );
}

#[tokio::test]
async fn deadline_holds_behind_two_hops() {
    let street = Street::default();
    let (shop, mut heard) = TheShop::closed("far");
    let (_servers, client) = way(&street, shop, 2).await;
    let asked = client.buy(Buy {}).timeout(Duration::from_millis(100)).await;
    assert_eq!(asked.unwrap_err().code(), Code::Timeout);
    assert_eq!(heard.recv().await.unwrap(), "begun");
    let gone = timeout(Duration::from_secs(1), heard.recv()).await;
    assert_eq!(gone.unwrap().unwrap(), "gone");
}

#[tokio::test]
async fn notification_travels_two_hops() {
    let street = Street::default();
    let (shop, mut heard) = TheShop::telling("far");
    let (_servers, client) = way(&street, shop, 2).await;
    for n in 0..3 {
        client
            .tell(Tell {
                text: n.to_string(),
            })
            .await
            .unwrap();
    }
    for n in 0..3 {
        assert_eq!(heard.recv().await.unwrap(), n.to_string());
    }
}

/// Counts what passes.
#[derive(Clone)]
struct Counted(Arc<AtomicUsize>, Router);

impl Queue for Counted {
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
        self.0.fetch_add(1, Relaxed);
        self.1.submit(job, answer)
    }
}

/// Two servers, each of which thinks that the other one has the node.
async fn circle(street: &Street) -> (Vec<Handle>, ShopClient, Arc<AtomicUsize>) {
    let passed = Arc::<AtomicUsize>::default();
    let (mut routers, mut servers) = (Vec::new(), Vec::new());
    for name in ["one", "other"] {
        let router = Router::new(Routes::new());
        let counted = Counted(passed.clone(), router.clone());
        servers.push(street.serve(name, Shop::gateway(counted)).await);
        routers.push(router);
    }
    for (router, other) in routers.iter().zip(["other", "one"]) {
        let there = street.link(other).await;
        router.replace(Routes::new().node("shop/orders", there).unwrap());
    }
    (servers, street.connect("one").await, passed)
}

#[tokio::test]
async fn loop_ends_without_amplification() {
    let street = Street::default();
    let (_servers, client, passed) = circle(&street).await;
    let status = client.r#where(Where {}).await.unwrap_err();
    assert_eq!(status.code(), Code::LoopDetected);
    assert_eq!(status.message(), "passed 9 servers, at most 8 are taken");
    // The first one, and eight hops.
    assert_eq!(passed.swap(0, Relaxed), 9);
    // An idempotent one is not sent again.
    assert_eq!(client.look(Look {}).await.unwrap_err(), status);
    assert_eq!(passed.swap(0, Relaxed), 9);
    // Hops that a client makes up shorten nothing.
    let forged = client.r#where(Where {}).forwarded_for(None, 7).await;
    assert_eq!(forged.unwrap_err(), status);
    assert_eq!(passed.swap(0, Relaxed), 9);
    let stream = client.count(Count {}).await;
    assert_eq!(stream.map(drop).unwrap_err(), status);
    assert_eq!(passed.swap(0, Relaxed), 9);
    client.tell(Tell { text: "x".into() }).await.unwrap();
    while passed.load(Relaxed) < 9 {
        tokio::task::yield_now().await;
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(passed.load(Relaxed), 9);
}

#[tokio::test]
async fn loop_within_one_process_ends() {
    let router = Router::new(Routes::new());
    let client = ShopClient::local(Shop::gateway(router.clone()));
    let forward = Forward::to(client.peer().clone());
    router.replace(Routes::new().node("shop/orders", forward).unwrap());
    let status = client.r#where(Where {}).await.unwrap_err();
    assert_eq!(status.code(), Code::LoopDetected);
    // It leads to itself, so that it would never be dropped.
    router.replace(Routes::new());
}

#[tokio::test]
async fn forward_within_one_process_hands_values_on() {
    let far = ShopClient::local(TheShop::new("far"));
    let near = ShopClient::local(Shop::gateway(Forward::to(far.peer().clone())));
    assert_eq!(near.r#where(Where {}).await.unwrap(), "far");
    assert_eq!(near.look(Look {}).await.unwrap(), "far");
    let mut items = near.count(Count {}).await.unwrap();
    for n in 0..1_000 {
        assert_eq!(items.next().await, Some(Ok(n)));
    }
}
