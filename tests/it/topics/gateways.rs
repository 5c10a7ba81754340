//! What is particular to gateways: when they listen, and what they refuse.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use mitto::Code;
use mitto::queue::broker::memory::Memory;
use mitto::queue::broker::{
    Broker, BrokerError, Capabilities, DeadLetter, Later, Line, Node, Opening, Parcel, Receiver,
    SendError, Settled,
};

use super::place::Place;

/// A broker that knows who listens to what.
struct Watched {
    broker: Memory,
    listening: Listening,
}

/// How many lines listen to each topic.
#[derive(Clone, Default)]
struct Listening(Arc<Mutex<BTreeMap<String, i32>>>);

impl Listening {
    fn to(&self, topic: &str) -> i32 {
        *self
            .0
            .lock()
            .expect("no panic")
            .entry(topic.to_owned())
            .or_default()
    }

    fn add(&self, topic: &str, more: i32) {
        *self
            .0
            .lock()
            .expect("no panic")
            .entry(topic.to_owned())
            .or_default() += more;
    }

    async fn is(&self, topic: &str, count: i32) {
        while self.to(topic) != count {
            tokio::task::yield_now().await;
        }
    }
}

impl Broker for Watched {
    fn capabilities(&self) -> Capabilities {
        self.broker.capabilities()
    }

    fn open(
        &self,
        opening: Opening,
        receiver: Arc<dyn Receiver>,
    ) -> Later<Result<Arc<dyn Line>, BrokerError>> {
        let opening = self.broker.open(opening, receiver);
        let listening = self.listening.clone();
        Box::pin(async move {
            let line = opening.await?;
            Ok(Arc::new(WatchedLine { line, listening }) as Arc<dyn Line>)
        })
    }
}

struct WatchedLine {
    line: Arc<dyn Line>,
    listening: Listening,
}

impl Line for WatchedLine {
    fn inbox(&self) -> Arc<str> {
        self.line.inbox()
    }

    fn publish(&self, node: &Node, task: Parcel) -> Later<Result<(), SendError>> {
        self.line.publish(node, task)
    }

    fn send(&self, inbox: &Arc<str>, parcel: Parcel) -> Later<Result<(), SendError>> {
        self.line.send(inbox, parcel)
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
        if topic == "closed" {
            let refused = SendError::Refused("no right to listen".to_owned());
            return Box::pin(std::future::ready(Err(refused)));
        }
        self.listening.add(topic, 1);
        self.line.listen(topic)
    }

    fn unlisten(&self, topic: &str) {
        if topic != "closed" {
            self.listening.add(topic, -1);
        }
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

async fn watched() -> (Place, Listening) {
    let listening = Listening::default();
    let broker = Watched {
        broker: Memory::new(),
        listening: listening.clone(),
    };
    (Place::two_gateways(Arc::new(broker)).await, listening)
}

#[tokio::test]
async fn gateway_listens_while_somebody_hears() {
    let (place, listening) = watched().await;
    let [ann, bob, cid] = place.people("all").await;
    assert_eq!(listening.to("all"), 2);
    // Ann and Cid are at one gateway, Bob at the other.
    ann.leaves("all").await.expect("it may");
    assert_eq!(listening.to("all"), 2);
    cid.leaves("all").await.expect("it may");
    assert_eq!(listening.to("all"), 1);
    drop(bob);
    listening.is("all", 0).await;
    ann.joins("all").await.expect("it may again");
    assert_eq!(listening.to("all"), 1);
    drop(ann);
    listening.is("all", 0).await;
}

#[tokio::test]
async fn topic_that_cannot_be_heard_refuses() {
    let (place, listening) = watched().await;
    let mut ann = place.person().await;
    for _ in 0..2 {
        let status = ann.joins("closed").await.expect_err("it must not");
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().contains("no right to listen"), "{status}");
    }
    ann.joins("all").await.expect("it may");
    assert_eq!(listening.to("all"), 1);
    place.announce("all", "hello").await;
    ann.hears("hello").await;
}
