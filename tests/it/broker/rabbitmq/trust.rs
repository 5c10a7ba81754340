//! Who is believed.

use mitto::queue::broker::rabbitmq::RabbitMq;
use mitto::queue::broker::{Key, Settled};

use super::broker;
use crate::broker::lines::{End, ada, from_ada, letters, node, told};
use crate::broker::servers::rabbitmq::{shared, url};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn identity_is_believed_from_gateway_users_only() {
    let node = node("users");
    let mut worker = End::worker(&broker().gateway_users(["gateway"]), &node, 1).await;
    let gateway = End::open(&user("gateway"), "gateway").await;
    assert_eq!(told(&gateway, &mut worker, &node).await, Some(ada()));
    let guest = End::open(&broker(), "gateway").await;
    assert_eq!(told(&guest, &mut worker, &node).await, None);
    worker.close().await;
    let mut doubter = End::worker(&broker(), &node, 1).await;
    assert_eq!(told(&gateway, &mut doubter, &node).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn identity_is_believed_where_it_is_signed() {
    let node = node("signed");
    let key = || Key::new("0123456789abcdef");
    let mut worker = End::worker(&broker().key(key()), &node, 1).await;
    let gateway = End::open(&broker().key(key()), "gateway").await;
    assert_eq!(told(&gateway, &mut worker, &node).await, Some(ada()));
    let other = End::open(&broker().key(Key::new("another")), "gateway").await;
    assert_eq!(told(&other, &mut worker, &node).await, None);
    let without = End::open(&broker(), "gateway").await;
    assert_eq!(told(&without, &mut worker, &node).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letter_makes_nobody_of_a_gateway() {
    let node = node("launder");
    let trusting = || broker().gateway_users(["gateway", "guest"]);
    let mut worker = End::worker(&broker(), &node, 1).await;
    let other = End::open(&user("gateway"), "gateway").await;
    other.publish(&node, from_ada()).await.expect("taken");
    let delivery = worker.delivered().await;
    worker.line.settle(delivery.tag, Settled::Dead("x".into()));
    let found = letters(&worker, &node, 1).await;
    worker.close().await;
    // `guest` puts it back, who is believed, what somebody else has said.
    let mut worker = End::worker(&trusting(), &node, 1).await;
    assert!(worker.line.put_back(&found[0]).await.expect("it is there"));
    let parcel = worker.delivered().await.parcel.expect("a task");
    assert_eq!(parcel.task().expect("a task").identity, None);
}

fn user(user: &str) -> RabbitMq {
    RabbitMq::new(url(user, shared().at()))
}
