//! Workers whose broker takes nothing for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use mitto::queue::broker::memory::Memory;
use mitto::queue::broker::{
    Broker, BrokerError, Capabilities, DeadLetter, Later, Line, Node, Opening, Parcel, Receiver,
    SendError, Settled,
};
use mitto::worker::{Handle, Worker};
use mitto::{Code, Limits};

use super::Shop;
use super::jobs::Double;

/// A broker of this process whose workers cannot send while it is stuck.
#[derive(Clone)]
struct Stuck {
    broker: Memory,
    now: Arc<AtomicBool>,
}

struct StuckLine {
    line: Arc<dyn Line>,
    now: Arc<AtomicBool>,
}

impl Stuck {
    fn new() -> Self {
        Self {
            broker: Memory::new(),
            now: Arc::default(),
        }
    }
}

impl Broker for Stuck {
    fn capabilities(&self) -> Capabilities {
        self.broker.capabilities()
    }

    fn open(
        &self,
        opening: Opening,
        receiver: Arc<dyn Receiver>,
    ) -> Later<Result<Arc<dyn Line>, BrokerError>> {
        let now = self.now.clone();
        let is_worker = opening.purpose == "worker";
        let opened = self.broker.open(opening, receiver);
        Box::pin(async move {
            let line = opened.await?;
            Ok(match is_worker {
                true => Arc::new(StuckLine { line, now }) as Arc<dyn Line>,
                false => line,
            })
        })
    }
}

impl Line for StuckLine {
    fn send(&self, inbox: &Arc<str>, parcel: Parcel) -> Later<Result<(), SendError>> {
        match self.now.load(SeqCst) {
            true => Box::pin(std::future::pending()),
            false => self.line.send(inbox, parcel),
        }
    }

    fn inbox(&self) -> Arc<str> {
        self.line.inbox()
    }

    fn publish(&self, node: &Node, task: Parcel) -> Later<Result<(), SendError>> {
        self.line.publish(node, task)
    }

    fn tell_workers(&self, node: &Node, parcel: Parcel) -> Later<Result<(), SendError>> {
        self.line.tell_workers(node, parcel)
    }

    fn take_work(&self, node: &Node, most: u16) -> Later<Result<(), BrokerError>> {
        self.line.take_work(node, most)
    }

    fn settle(&self, tag: u64, settled: Settled) {
        self.line.settle(tag, settled);
    }

    fn listen(&self, topic: &str) -> Later<Result<(), SendError>> {
        self.line.listen(topic)
    }

    fn unlisten(&self, topic: &str) {
        self.line.unlisten(topic);
    }

    fn publish_to(&self, topic: &str, parcel: Parcel) -> Later<Result<(), SendError>> {
        self.line.publish_to(topic, parcel)
    }

    fn dead_letters(
        &self,
        node: &Node,
        most: usize,
    ) -> Later<Result<Vec<DeadLetter>, BrokerError>> {
        self.line.dead_letters(node, most)
    }

    fn put_back(&self, letter: &DeadLetter) -> Later<Result<bool, BrokerError>> {
        self.line.put_back(letter)
    }

    fn is_connected(&self) -> bool {
        self.line.is_connected()
    }

    fn close(&self) -> Later<()> {
        self.line.close()
    }
}

async fn idle(worker: &Handle) {
    while worker.running() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn answer_that_cannot_be_sent_is_given_up_at_its_deadline() {
    let broker = Stuck::new();
    let shop = Shop::new(Arc::new(broker.clone()), 1);
    let worker = shop.working().await;
    let client = shop.client().await;
    broker.now.store(true, SeqCst);
    let called = client
        .double(Double { n: 2 })
        .timeout(Duration::from_millis(300));
    let status = called.await.expect_err("no answer");
    assert_eq!(status.code(), Code::Timeout);
    idle(&worker).await;
    broker.now.store(false, SeqCst);
    shop.let_pass(1);
    let doubled = client.double(Double { n: 3 }).await;
    assert_eq!(doubled.expect("an answer"), 6, "the worker has room again");
}

#[tokio::test]
async fn handler_behind_a_stuck_broker_is_dropped_at_its_deadline() {
    let broker = Stuck::new();
    let mut shop = Shop::new(Arc::new(broker.clone()), 0);
    let worker = shop.working().await;
    let client = shop.client().await;
    broker.now.store(true, SeqCst);
    let called = client
        .double(Double { n: 2 })
        .timeout(Duration::from_millis(800));
    called.await.expect_err("no answer");
    assert_eq!(shop.event().await, "double 2");
    // It was to say that it runs after 500 ms, and could not.
    assert_eq!(shop.event().await, "dropped");
    idle(&worker).await;
}

#[tokio::test]
async fn shutdown_does_not_wait_for_a_stuck_broker() {
    let broker = Stuck::new();
    let mut shop = Shop::new(Arc::new(broker.clone()), 0);
    let mut limits = Limits::default();
    limits.drain = Duration::from_millis(100);
    let worker = shop.at_work(shop.worker().limits(limits)).await;
    let client = shop.client().await;
    let call = tokio::spawn(async move { client.double(Double { n: 2 }).await });
    assert_eq!(shop.event().await, "double 2");
    broker.now.store(true, SeqCst);
    let ended = tokio::time::timeout(Duration::from_secs(10), worker.shutdown());
    ended.await.expect("the worker hangs");
    call.abort();
}

#[tokio::test]
async fn worker_that_never_ran_has_ended_when_it_is_dropped() {
    let shop = Shop::new(Arc::new(Memory::new()), 0);
    let worker: Worker = shop.worker();
    let working = worker.consume(&shop.broker).await.expect("a broker");
    let handle = working.handle();
    drop(working);
    let ended = tokio::time::timeout(Duration::from_secs(10), handle.shutdown());
    ended.await.expect("a worker that is gone is waited for");
}
