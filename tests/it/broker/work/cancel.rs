//! Requests that nobody waits for any more.

use std::sync::Arc;
use std::time::Duration;

use mitto::Code;
use mitto::queue::broker::Broker;

use super::Shop;
use super::jobs::{Charge, Double, Tick};

const OPEN: usize = 1_000_000;

pub(in super::super) async fn request_given_up_before_it_began_is_not_run(broker: Arc<dyn Broker>) {
    if !broker.capabilities().keeps {
        return;
    }
    let mut shop = Shop::new(broker, OPEN);
    let worker = shop.working().await;
    worker.pause().await.unwrap();
    let client = shop.client().await;
    let given_up = client.charge(Charge { n: 1 });
    let given_up = tokio::time::timeout(Duration::from_millis(300), given_up).await;
    assert!(given_up.is_err());
    // The worker is told meanwhile.
    tokio::time::sleep(Duration::from_millis(300)).await;
    worker.resume().await.unwrap();
    assert_eq!(client.charge(Charge { n: 2 }).await, Ok(2));
    assert_eq!(shop.event().await, "charge 2");
}

/// It waits in the queue, or at the worker where there is none.
pub(in super::super) async fn request_given_up_behind_another_is_not_run(broker: Arc<dyn Broker>) {
    let mut shop = Shop::new(broker, 0);
    let _worker = shop.at_work(shop.worker().concurrency(1)).await;
    let client = shop.client().await;
    let first = tokio::spawn({
        let client = client.clone();
        async move { client.charge(Charge { n: 1 }).await }
    });
    assert_eq!(shop.event().await, "charge 1");
    let given_up = client.charge(Charge { n: 2 });
    let given_up = tokio::time::timeout(Duration::from_millis(300), given_up).await;
    assert!(given_up.is_err());
    // The worker is told meanwhile.
    tokio::time::sleep(Duration::from_millis(300)).await;
    shop.let_pass(2);
    assert_eq!(first.await.unwrap(), Ok(1));
    assert_eq!(client.charge(Charge { n: 3 }).await, Ok(3));
    assert_eq!(shop.event().await, "charge 3");
}

/// Where it waits, there its deadline passes.
pub(in super::super) async fn expired_request_behind_another_is_not_run(broker: Arc<dyn Broker>) {
    let mut shop = Shop::new(broker, 0);
    let _worker = shop.at_work(shop.worker().concurrency(1)).await;
    let client = shop.client().await;
    let first = tokio::spawn({
        let client = client.clone();
        async move { client.charge(Charge { n: 1 }).await }
    });
    assert_eq!(shop.event().await, "charge 1");
    let late = client.charge(Charge { n: 2 });
    let late = late.timeout(Duration::from_millis(300)).await;
    assert_eq!(late.unwrap_err().code(), Code::Timeout);
    // Deadlines travel in whole milliseconds.
    tokio::time::sleep(Duration::from_millis(10)).await;
    shop.let_pass(2);
    assert_eq!(first.await.unwrap(), Ok(1));
    assert_eq!(client.charge(Charge { n: 3 }).await, Ok(3));
    assert_eq!(shop.event().await, "charge 3");
}

pub(in super::super) async fn request_given_up_early_drops_its_handler(broker: Arc<dyn Broker>) {
    given_up_after(broker, Duration::ZERO).await;
}

/// The gateway knows by then who runs it.
pub(in super::super) async fn request_given_up_late_drops_its_handler(broker: Arc<dyn Broker>) {
    given_up_after(broker, Duration::from_millis(800)).await;
}

async fn given_up_after(broker: Arc<dyn Broker>, pause: Duration) {
    let mut shop = Shop::new(broker, 0);
    let worker = shop.working().await;
    let client = shop.client().await;
    let call = tokio::spawn(async move { client.double(Double { n: 1 }).await });
    assert_eq!(shop.event().await, "double 1");
    tokio::time::sleep(pause).await;
    call.abort();
    assert_eq!(shop.event().await, "dropped");
    while worker.running() > 0 {
        tokio::task::yield_now().await;
    }
}

pub(in super::super) async fn dropped_stream_drops_its_handler(broker: Arc<dyn Broker>) {
    let mut shop = Shop::new(broker, OPEN);
    let _worker = shop.working().await;
    let client = shop.client().await;
    let mut ticks = client.tick(Tick { to: u32::MAX }).await.unwrap();
    assert_eq!(ticks.next().await, Some(Ok(0)));
    drop(ticks);
    assert_eq!(shop.event().await, "dropped");
}

pub(in super::super) async fn late_handler_is_dropped(broker: Arc<dyn Broker>) {
    let mut shop = Shop::new(broker, 0);
    let _worker = shop.working().await;
    let client = shop.client().await;
    let late = client.double(Double { n: 1 });
    let late = late.timeout(Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(late.code(), Code::Timeout);
    assert_eq!(shop.event().await, "double 1");
    assert_eq!(shop.event().await, "dropped");
}
