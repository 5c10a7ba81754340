//! Which requests are run, and how often.

use std::sync::Arc;
use std::time::Duration;

use mitto::Code;
use mitto::queue::broker::{Broker, DeadLettering, ParcelKind, Redelivers};
use mitto::worker::MemoryStore;

use super::Shop;
use super::jobs::{Charge, Double, Note, Tick};
use super::letters::{letter, send};
use crate::broker::lines::End;

const OPEN: usize = 1_000_000;

pub(in super::super) async fn request_is_answered(broker: Arc<dyn Broker>) {
    let shop = Shop::new(broker, OPEN);
    let _worker = shop.working().await;
    let client = shop.client().await;
    assert_eq!(client.double(Double { n: 21 }).await, Ok(42));
    assert_eq!(client.charge(Charge { n: 7 }).await, Ok(7));
}

pub(in super::super) async fn stream_arrives_whole(broker: Arc<dyn Broker>) {
    let shop = Shop::new(broker, OPEN);
    let _worker = shop.working().await;
    let client = shop.client().await;
    // More than any window.
    let mut ticks = client.tick(Tick { to: 2_000 }).await.unwrap();
    for n in 0..2_000 {
        assert_eq!(ticks.next().await, Some(Ok(n)));
    }
    assert_eq!(ticks.next().await, None);
}

pub(in super::super) async fn notification_is_handled(broker: Arc<dyn Broker>) {
    let mut shop = Shop::new(broker, OPEN);
    let _worker = shop.working().await;
    let client = shop.client().await;
    let text = "hello".to_owned();
    client.note(Note { text }).await.unwrap();
    assert_eq!(shop.event().await, "note hello");
}

pub(in super::super) async fn many_requests_find_their_answers(broker: Arc<dyn Broker>) {
    let shop = Shop::new(broker, OPEN);
    let _workers = (shop.working().await, shop.working().await);
    let client = shop.client().await;
    let calls = (0..500).map(|n| {
        let client = client.clone();
        tokio::spawn(async move { assert_eq!(client.double(Double { n }).await, Ok(2 * n)) })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
}

pub(in super::super) async fn idempotent_request_of_a_lost_worker_runs_again(
    broker: Arc<dyn Broker>,
) {
    if broker.capabilities().redelivers != Redelivers::ToAnyWorker {
        return;
    }
    let mut shop = Shop::new(broker, 0);
    let first = shop.mortal().await;
    let client = shop.client().await;
    let call = tokio::spawn(async move { client.double(Double { n: 4 }).await });
    assert_eq!(shop.event().await, "double 4");
    first.abort();
    assert_eq!(shop.event().await, "dropped");
    let _second = shop.working().await;
    assert_eq!(shop.event().await, "double 4");
    shop.let_pass(1);
    assert_eq!(call.await.unwrap(), Ok(8));
}

pub(in super::super) async fn other_request_of_a_lost_worker_is_refused_unrun(
    broker: Arc<dyn Broker>,
) {
    if broker.capabilities().redelivers != Redelivers::ToAnyWorker {
        return;
    }
    let mut shop = Shop::new(broker, 0);
    let first = shop.mortal().await;
    let client = shop.client().await;
    let call = tokio::spawn(async move { client.charge(Charge { n: 4 }).await });
    assert_eq!(shop.event().await, "charge 4");
    first.abort();
    let _second = shop.working().await;
    let refused = call.await.unwrap().unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused}");
    shop.no_event();
}

pub(in super::super) async fn request_of_a_lost_worker_is_lost_where_nobody_gets_it_again(
    broker: Arc<dyn Broker>,
) {
    let can = broker.capabilities();
    // Where tasks are confirmed, a worker that is dropped still hands on what it has.
    if can.redelivers != Redelivers::Never || can.confirms {
        return;
    }
    let mut shop = Shop::new(broker, 0);
    let first = shop.mortal().await;
    // It takes work a moment later.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let client = shop.client().await;
    let known = tokio::spawn({
        let client = client.clone();
        async move { client.double(Double { n: 4 }).await }
    });
    assert_eq!(shop.event().await, "double 4");
    // The gateway knows who runs it by then.
    tokio::time::sleep(Duration::from_millis(800)).await;
    let late = client
        .double(Double { n: 5 })
        .timeout(Duration::from_millis(300));
    let (late, ()) = tokio::join!(late, async {
        assert_eq!(shop.event().await, "double 5");
        first.abort();
    });
    assert_eq!(late.unwrap_err().code(), Code::Timeout);
    let _second = shop.working().await;
    let lost = known.await.unwrap().unwrap_err();
    assert_eq!(lost.code(), Code::ConnectionLost, "{lost}");
}

/// However idempotent it is: its reader would get the first items again.
pub(in super::super) async fn stream_of_a_lost_worker_does_not_begin_again(
    broker: Arc<dyn Broker>,
) {
    if broker.capabilities().redelivers != Redelivers::ToAnyWorker {
        return;
    }
    let mut shop = Shop::new(broker, OPEN);
    let first = shop.mortal().await;
    let client = shop.client().await;
    let mut ticks = client.tick(Tick { to: u32::MAX }).await.unwrap();
    let mut next = 0;
    while next < 3 {
        assert_eq!(ticks.next().await, Some(Ok(next)));
        next += 1;
    }
    first.abort();
    assert_eq!(shop.event().await, "dropped");
    let _second = shop.working().await;
    let status = loop {
        match ticks.next().await {
            Some(Ok(n)) => assert_eq!(n, next),
            Some(Err(status)) => break status,
            None => panic!("it has ended well"),
        }
        next += 1;
    };
    assert_eq!(status.code(), Code::Unavailable, "{status}");
}

pub(in super::super) async fn request_waits_for_a_worker_within_its_deadline(
    broker: Arc<dyn Broker>,
) {
    let can = broker.capabilities();
    let shop = Shop::new(broker, OPEN);
    let worker = shop.working().await;
    worker.pause().await.unwrap();
    let client = shop.client().await;
    if !can.keeps {
        return;
    }
    let late = client.double(Double { n: 1 });
    let late = late.timeout(Duration::from_millis(300)).await;
    assert_eq!(late.unwrap_err().code(), Code::Timeout);
    let call = tokio::spawn(async move { client.double(Double { n: 2 }).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    worker.resume().await.unwrap();
    assert_eq!(call.await.unwrap(), Ok(4));
}

pub(in super::super) async fn expired_request_is_not_run(broker: Arc<dyn Broker>) {
    if !broker.capabilities().keeps {
        return;
    }
    let mut shop = Shop::new(broker, OPEN);
    let worker = shop.working().await;
    worker.pause().await.unwrap();
    let client = shop.client().await;
    let late = client.charge(Charge { n: 1 });
    let late = late.timeout(Duration::from_millis(200)).await;
    assert_eq!(late.unwrap_err().code(), Code::Timeout);
    // Deadlines travel in whole milliseconds.
    tokio::time::sleep(Duration::from_millis(10)).await;
    worker.resume().await.unwrap();
    assert_eq!(client.charge(Charge { n: 2 }).await, Ok(2));
    assert_eq!(shop.event().await, "charge 2");
}

pub(in super::super) async fn request_without_any_worker_ends_at_once(broker: Arc<dyn Broker>) {
    if !broker.capabilities().knows_absence {
        return;
    }
    let shop = Shop::new(broker, OPEN);
    let client = shop.client().await;
    let begun = std::time::Instant::now();
    let nobody = client.double(Double { n: 1 }).await.unwrap_err();
    assert_eq!(nobody.code(), Code::Unavailable, "{nobody}");
    assert!(begun.elapsed() < Duration::from_secs(10), "not at once");
}

/// Nobody would learn of it otherwise.
pub(in super::super) async fn notification_of_a_lost_worker_is_a_dead_letter(
    broker: Arc<dyn Broker>,
) {
    let can = broker.capabilities();
    if can.redelivers != Redelivers::ToAnyWorker || can.dead_letters != DeadLettering::All {
        return;
    }
    let mut shop = Shop::new(broker, 0);
    let first = shop.mortal().await;
    let client = shop.client().await;
    let text = "wait".to_owned();
    client.note(Note { text }).await.unwrap();
    assert_eq!(shop.event().await, "note wait");
    first.abort();
    let _second = shop.working().await;
    let (_, letter) = letter(&shop).await;
    assert_eq!(letter.name(), Some("Note"));
    shop.no_event();
}

pub(in super::super) async fn store_lets_what_never_began_run(broker: Arc<dyn Broker>) {
    if broker.capabilities().redelivers != Redelivers::ToAnyWorker {
        return;
    }
    let mut shop = Shop::new(broker, OPEN);
    // Somebody took it and was gone before it began.
    let node = shop.node();
    let end = End::worker(&*shop.broker, &node, 1).await;
    let client = shop.client().await;
    let call = tokio::spawn(async move { client.charge(Charge { n: 4 }).await });
    let mut end = end;
    assert_eq!(end.delivered().await.attempt, 1);
    end.close().await;
    drop(end);
    let store = MemoryStore::new();
    let _worker = shop.at_work(shop.worker().deduplicate(store)).await;
    assert_eq!(call.await.unwrap(), Ok(4));
    assert_eq!(shop.event().await, "charge 4");
}

pub(in super::super) async fn store_answers_what_has_finished(broker: Arc<dyn Broker>) {
    let mut shop = Shop::new(broker, OPEN);
    let worker = shop.worker().deduplicate(MemoryStore::new());
    let _worker = shop.at_work(worker).await;
    let mut end = End::open(&*shop.broker, "stranger").await;
    for _ in 0..2 {
        send(&shop, &end, "Charge", "{\"n\": 9}").await;
        let answer = end.received().await;
        assert_eq!(
            (answer.kind, &*answer.body),
            (ParcelKind::Response, &b"9"[..])
        );
    }
    assert_eq!(shop.event().await, "charge 9");
    shop.no_event();
}
