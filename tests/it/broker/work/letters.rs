//! What cannot be handled.

use std::sync::Arc;
use std::time::Duration;

use mitto::message::MessageKind;
use mitto::provider::NoHandlers;
use mitto::queue::broker::{
    Broker, DeadLetter, DeadLettering, DeadLetters, Parcel, ParcelKind, Task,
};
use mitto::schema::Side;
use mitto::{Code, Format, Worker};
use tokio::time::Instant;

use super::Shop;
use crate::broker::lines::End;

const OPEN: usize = 1_000_000;

/// From somebody who knows no schema.
pub(in super::super) async fn send(shop: &Shop, end: &End, name: &str, body: &str) {
    send_within(shop, end, name, body, None).await;
}

async fn send_within(shop: &Shop, end: &End, name: &str, body: &str, deadline: Option<Instant>) {
    let mut task = Task::new(name, MessageKind::Request);
    task.id = "id-1".into();
    task.deadline = deadline;
    let parcel = Parcel::new(ParcelKind::Task(Box::new(task)), "1".into())
        .with_body(Format::JSON, body.into())
        .from_inbox(&end.line.inbox());
    end.publish(&shop.node(), parcel).await.expect("a queue");
}

/// Waits for the one dead letter.
pub(super) async fn letter(shop: &Shop) -> (DeadLetters, DeadLetter) {
    let dead = DeadLetters::open(&shop.broker, &shop.node).await.unwrap();
    loop {
        let mut letters = dead.list(10).await.unwrap();
        assert!(letters.len() < 2, "{letters:?}");
        if let Some(letter) = letters.pop() {
            return (dead, letter);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn answer(end: &mut End) -> Code {
    match end.received().await.kind {
        ParcelKind::Status(status) => status.code(),
        other => panic!("not a status: {other:?}"),
    }
}

pub(in super::super) async fn unreadable_request_is_a_dead_letter(broker: Arc<dyn Broker>) {
    let keeps = broker.capabilities().dead_letters != DeadLettering::Nothing;
    let mut shop = Shop::new(broker, OPEN);
    let _worker = shop.working().await;
    let mut end = End::open(&*shop.broker, "stranger").await;
    send(&shop, &end, "Charge", "{\"n\": \"no number\"}").await;
    assert_eq!(answer(&mut end).await, Code::BadRequest);
    if keeps {
        let (_, letter) = letter(&shop).await;
        assert!(letter.reason.contains("`Charge`"), "{}", letter.reason);
    }
    shop.no_event();
}

pub(in super::super) async fn unknown_request_is_a_dead_letter(broker: Arc<dyn Broker>) {
    let keeps = broker.capabilities().dead_letters != DeadLettering::Nothing;
    let shop = Shop::new(broker, OPEN);
    let _worker = shop.working().await;
    let mut end = End::open(&*shop.broker, "stranger").await;
    send(&shop, &end, "Nonsense", "{}").await;
    assert_eq!(answer(&mut end).await, Code::NotFound);
    if keeps {
        let (_, letter) = letter(&shop).await;
        assert!(letter.reason.contains("Nonsense"), "{}", letter.reason);
    }
}

/// By a worker that knows it, after a deployment.
pub(in super::super) async fn dead_letter_is_run_when_it_is_put_back(broker: Arc<dyn Broker>) {
    if broker.capabilities().dead_letters == DeadLettering::Nothing {
        return;
    }
    let mut shop = Shop::new(broker, OPEN);
    let old = Worker::new(NoHandlers::new::<Empty>(Side::Server));
    let old = shop.at_work(old.node(&*shop.node)).await;
    let end = End::open(&*shop.broker, "stranger").await;
    let deadline = Instant::now() + Duration::from_secs(5);
    send_within(&shop, &end, "Double", "{\"n\": 3}", Some(deadline)).await;
    let (dead, letter) = letter(&shop).await;
    assert_eq!(letter.name(), Some("Double"));
    old.shutdown().await;
    tokio::time::sleep_until(deadline).await;
    let _worker = shop.working().await;
    assert!(dead.put_back(&letter).await.unwrap());
    assert_eq!(shop.event().await, "double 3");
    assert!(!dead.put_back(&letter).await.unwrap());
}

mitto::schema! {
    Empty {}
}
