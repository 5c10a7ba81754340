//! A broker that writes down what it confirms, and what it delivers again.

use std::sync::Arc;

use mitto::queue::broker::{
    Broker, BrokerError, Capabilities, DeadLetter, Delivery, Later, Line, Node, Opening, Parcel,
    Receiver, SendError, Settled, Task,
};

use crate::ledger::{Event, Ledger};

/// The metadata that has a request's key.
pub(crate) const KEY: &str = "key";

/// The key of a request of the storms.
pub(crate) fn key(task: &Task) -> Option<u64> {
    task.metadata.get(KEY)?.parse().ok()
}

/// A broker whose lines write in a ledger.
pub(crate) struct Watched {
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) ledger: Arc<Ledger>,
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
        let ledger = self.ledger.clone();
        let receiver = Arc::new(WatchedReceiver {
            receiver,
            ledger: ledger.clone(),
        });
        let opened = self.broker.open(opening, receiver);
        Box::pin(async move {
            let line = opened.await?;
            Ok(Arc::new(WatchedLine { line, ledger }) as Arc<dyn Line>)
        })
    }
}

struct WatchedLine {
    line: Arc<dyn Line>,
    ledger: Arc<Ledger>,
}

struct WatchedReceiver {
    receiver: Arc<dyn Receiver>,
    ledger: Arc<Ledger>,
}

impl Line for WatchedLine {
    fn publish(&self, node: &Node, task: Parcel) -> Later<Result<(), SendError>> {
        let known = task
            .task()
            .and_then(|task| Some((key(task)?, task.id.clone())));
        let Some((key, id)) = known else {
            return self.line.publish(node, task);
        };
        let ledger = self.ledger.clone();
        ledger.note_both(Event::Sent, key, &id);
        let published = self.line.publish(node, task);
        Box::pin(async move {
            let published = published.await;
            if published.is_ok() {
                ledger.note(Event::Confirmed, key);
            }
            published
        })
    }

    fn inbox(&self) -> Arc<str> {
        self.line.inbox()
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

impl Receiver for WatchedReceiver {
    fn deliver(&self, delivery: Delivery) {
        let task = delivery.parcel.as_ref().ok().and_then(Parcel::task);
        if let Some(key) = task.and_then(key).filter(|_| delivery.attempt > 1) {
            self.ledger.note(Event::Redelivered, key);
        }
        self.receiver.deliver(delivery);
    }

    fn receive(&self, parcel: Parcel) {
        self.receiver.receive(parcel);
    }

    fn heard(&self, topic: &str, parcel: Parcel) {
        self.receiver.heard(topic, parcel);
    }

    fn returned(&self, inbox: &str, parcel: Parcel) {
        self.receiver.returned(inbox, parcel);
    }

    fn connected(&self, connected: bool) {
        self.receiver.connected(connected);
    }
}
