//! One end of a broker: a line, and what came in on it.

use std::sync::Arc;
use std::time::Duration;

use mitto::Limits;
use mitto::queue::broker::{
    Broker, BrokerError, Delivery, Line, Node, Opening, Parcel, Receiver, SendError, Settled,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout, timeout_at};

/// Longer than anything takes on a busy machine.
pub(in crate::broker) const LONG: Duration = Duration::from_secs(40);

/// How long is waited for what is not to come.
const SHORT: Duration = Duration::from_millis(700);

pub(in crate::broker) struct End {
    pub(in crate::broker) line: Arc<dyn Line>,
    delivered: UnboundedReceiver<Delivery>,
    received: UnboundedReceiver<Parcel>,
    heard: UnboundedReceiver<(String, Parcel)>,
    returned: UnboundedReceiver<(String, Parcel)>,
    connected: UnboundedReceiver<bool>,
}

struct Seen {
    delivered: UnboundedSender<Delivery>,
    received: UnboundedSender<Parcel>,
    heard: UnboundedSender<(String, Parcel)>,
    returned: UnboundedSender<(String, Parcel)>,
    connected: UnboundedSender<bool>,
}

impl End {
    pub(in crate::broker) async fn open(broker: &dyn Broker, purpose: &'static str) -> Self {
        let opened = Self::try_open(broker, purpose).await;
        opened.expect("the broker is there")
    }

    pub(in crate::broker) async fn try_open(
        broker: &dyn Broker,
        purpose: &'static str,
    ) -> Result<Self, BrokerError> {
        let (delivered_in, delivered) = unbounded_channel();
        let (received_in, received) = unbounded_channel();
        let (heard_in, heard) = unbounded_channel();
        let (returned_in, returned) = unbounded_channel();
        let (connected_in, connected) = unbounded_channel();
        let seen = Seen {
            delivered: delivered_in,
            received: received_in,
            heard: heard_in,
            returned: returned_in,
            connected: connected_in,
        };
        let opening = Opening::new(purpose, &Limits::default());
        let line = timeout(LONG, broker.open(opening, Arc::new(seen))).await;
        Ok(Self {
            line: line.expect("opening ends")?,
            delivered,
            received,
            heard,
            returned,
            connected,
        })
    }

    /// Opened, and at work for `node`.
    pub(in crate::broker) async fn worker(broker: &dyn Broker, node: &Node, most: u16) -> Self {
        let end = Self::open(broker, "worker").await;
        end.take_work(node, most).await;
        end
    }

    pub(in crate::broker) async fn take_work(&self, node: &Node, most: u16) {
        let taken = timeout(LONG, self.line.take_work(node, most)).await;
        taken.expect("it ends").expect("work is taken");
    }

    pub(in crate::broker) async fn publish(
        &self,
        node: &Node,
        task: Parcel,
    ) -> Result<(), SendError> {
        let published = timeout(LONG, self.line.publish(node, task)).await;
        published.expect("publishing ends")
    }

    pub(in crate::broker) async fn send(&self, inbox: &Arc<str>, parcel: Parcel) {
        let sent = timeout(LONG, self.line.send(inbox, parcel)).await;
        sent.expect("sending ends").expect("it is sent");
    }

    pub(in crate::broker) async fn close(&self) {
        let closed = timeout(LONG, self.line.close()).await;
        closed.expect("closing ends");
    }

    pub(in crate::broker) fn done(&self, delivery: &Delivery) {
        self.line.settle(delivery.tag, Settled::Done);
    }

    pub(in crate::broker) async fn delivered(&mut self) -> Delivery {
        next(&mut self.delivered, "a delivery").await
    }

    pub(in crate::broker) async fn received(&mut self) -> Parcel {
        next(&mut self.received, "a parcel in the inbox").await
    }

    pub(in crate::broker) async fn heard(&mut self) -> (String, Parcel) {
        next(&mut self.heard, "a parcel on a topic").await
    }

    pub(in crate::broker) async fn returned(&mut self) -> (String, Parcel) {
        next(&mut self.returned, "a returned parcel").await
    }

    /// Waits until the line says so.
    pub(in crate::broker) async fn connected(&mut self, connected: bool) {
        while next(&mut self.connected, "a change of the connection").await != connected {}
    }

    /// That nothing more is delivered for a while.
    pub(in crate::broker) async fn rests(&mut self) {
        if let Ok(Some(delivery)) = timeout(SHORT, self.delivered.recv()).await {
            panic!("delivered for nothing: {delivery:?}");
        }
    }

    /// That nothing more comes to the inbox or from a topic for a while.
    pub(in crate::broker) async fn hears_nothing(&mut self) {
        let until = Instant::now() + SHORT;
        if let Ok(Some(parcel)) = timeout_at(until, self.received.recv()).await {
            panic!("received for nothing: {parcel:?}");
        }
        if let Ok(Some(heard)) = timeout_at(until, self.heard.recv()).await {
            panic!("heard for nothing: {heard:?}");
        }
    }
}

async fn next<T>(from: &mut UnboundedReceiver<T>, what: &str) -> T {
    match timeout(LONG, from.recv()).await {
        Ok(Some(next)) => next,
        Ok(None) => panic!("the line has let go of its receiver: no {what}"),
        Err(_) => panic!("no {what} within {LONG:?}"),
    }
}

impl Receiver for Seen {
    fn deliver(&self, delivery: Delivery) {
        let _ = self.delivered.send(delivery);
    }

    fn receive(&self, parcel: Parcel) {
        let _ = self.received.send(parcel);
    }

    fn heard(&self, topic: &str, parcel: Parcel) {
        let _ = self.heard.send((topic.to_owned(), parcel));
    }

    fn returned(&self, inbox: &str, parcel: Parcel) {
        let _ = self.returned.send((inbox.to_owned(), parcel));
    }

    fn connected(&self, connected: bool) {
        let _ = self.connected.send(connected);
    }
}
