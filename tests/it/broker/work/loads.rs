//! How much a worker takes, and how it ends.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use mitto::queue::broker::Broker;
use mitto::queue::broker::memory::Memory;
use mitto::{Code, Limits};

use super::Shop;
use super::jobs::{Charge, Double, Note};

const OPEN: usize = 1_000_000;

pub(in super::super) async fn worker_runs_no_more_than_it_may(broker: Arc<dyn Broker>) {
    let mut shop = Shop::new(broker, 0);
    let worker = shop.at_work(shop.worker().concurrency(3)).await;
    let client = shop.client().await;
    let calls: Vec<_> = (0..9)
        .map(|n| {
            let client = client.clone();
            tokio::spawn(async move { client.double(Double { n }).await })
        })
        .collect();
    for _ in 0..3 {
        shop.event().await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    shop.no_event();
    assert_eq!(worker.running(), 3);
    shop.let_pass(OPEN);
    for call in calls {
        assert!(call.await.unwrap().is_ok());
    }
    assert!(shop.watch.most.load(SeqCst) <= 3);
}

pub(in super::super) async fn paused_worker_takes_nothing(broker: Arc<dyn Broker>) {
    let mut shop = Shop::new(broker, 0);
    let worker = shop.working().await;
    let client = shop.client().await;
    let first = client.clone();
    let first = tokio::spawn(async move { first.double(Double { n: 1 }).await });
    assert_eq!(shop.event().await, "double 1");
    worker.pause().await.unwrap();
    // What it has it finishes.
    shop.let_pass(1);
    assert_eq!(first.await.unwrap(), Ok(2));
    if !shop.broker.capabilities().keeps {
        return;
    }
    let second = tokio::spawn(async move { client.double(Double { n: 2 }).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    shop.no_event();
    worker.resume().await.unwrap();
    assert_eq!(shop.event().await, "double 2");
    shop.let_pass(1);
    assert_eq!(second.await.unwrap(), Ok(4));
}

pub(in super::super) async fn shutdown_lets_work_finish(broker: Arc<dyn Broker>) {
    let mut shop = Shop::new(broker, 0);
    let worker = shop.working().await;
    let client = shop.client().await;
    let call = tokio::spawn(async move { client.charge(Charge { n: 1 }).await });
    assert_eq!(shop.event().await, "charge 1");
    let ended = tokio::spawn(async move { worker.shutdown().await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!ended.is_finished());
    shop.let_pass(1);
    assert_eq!(call.await.unwrap(), Ok(1));
    ended.await.unwrap();
}

pub(in super::super) async fn drain_limit_ends_what_runs(broker: Arc<dyn Broker>) {
    let mut shop = Shop::new(broker, 0);
    let limits = Limits::default().drain(Duration::from_millis(50));
    let worker = shop.at_work(shop.worker().limits(limits)).await;
    let client = shop.client().await;
    let call = tokio::spawn(async move { client.double(Double { n: 1 }).await });
    assert_eq!(shop.event().await, "double 1");
    worker.shutdown().await;
    assert_eq!(shop.event().await, "dropped");
    assert_eq!(call.await.unwrap().unwrap_err().code(), Code::Cancelled);
}

pub(in super::super) async fn two_workers_share_the_work(broker: Arc<dyn Broker>) {
    if !broker.capabilities().confirms {
        // It does not know who is busy.
        return;
    }
    let mut shop = Shop::new(broker, 0);
    let workers = [
        shop.at_work(shop.worker().concurrency(1)).await,
        shop.at_work(shop.worker().concurrency(1)).await,
    ];
    let client = shop.client().await;
    let calls: Vec<_> = (0..2)
        .map(|n| {
            let client = client.clone();
            tokio::spawn(async move { client.double(Double { n }).await })
        })
        .collect();
    for _ in 0..2 {
        shop.event().await;
    }
    assert!(workers.iter().all(|worker| worker.running() == 1));
    shop.let_pass(2);
    for call in calls {
        assert!(call.await.unwrap().is_ok());
    }
}

/// Nobody is told where it runs. A worker that was busy with that would not let this time pass.
#[tokio::test(start_paused = true)]
async fn notification_may_run_for_long() {
    let mut shop = Shop::new(Arc::new(Memory::new()), 0);
    let worker = shop.working().await;
    let text = "wait".to_owned();
    shop.client().await.note(Note { text }).await.unwrap();
    assert_eq!(shop.event().await, "note wait");
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(worker.running(), 1);
    shop.let_pass(1);
    while worker.running() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
