//! One end's line to the broker.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::buried::Burying;
use super::common::{Attempts, Common, Side, Up};
use super::consumer::{Consuming, Order};
use super::outgoing::{Destination, Outgoing, Publishing, What};
use super::properties::{self, To};
use super::publisher::Publisher;
use super::{RabbitMq, letters, link, names};
use crate::queue::broker::{
    BrokerError, DeadLetter, Later, Line, Node, Opening, Parcel, Receiver, SendError, Settled,
};
use crate::runtime::spawn;

/// One end's line to the broker: two tasks, each with a connection of its own.
pub(super) struct RabbitLine {
    common: Arc<Common>,
    publishing: Arc<Publishing>,
    orders: mpsc::UnboundedSender<Order>,
    /// Cancelled when the publishing task has ended.
    ended: CancellationToken,
}

impl RabbitLine {
    pub(super) async fn open(
        broker: RabbitMq,
        opening: Opening,
        receiver: Arc<dyn Receiver>,
    ) -> Result<Self, BrokerError> {
        let url = broker.url?;
        let limits = opening.limits;
        let room = limits.outbound.max(limits.message);
        let common = Common {
            url,
            authorities: broker.authorities,
            purpose: opening.purpose,
            kind: broker.kind,
            trusted: broker.trusted,
            limits,
            inbox: names::inbox(opening.purpose).into(),
            receiver,
            ending: CancellationToken::new(),
            up: Up::default().into(),
        };
        let common = Arc::new(common);
        let (publishing, jobs) = Publishing::new(room);
        let publishing = Arc::new(publishing);
        let (orders, taken) = mpsc::unbounded_channel();
        let last = CancellationToken::new();
        let writes = publishing.writes.clone();
        let publisher = Publisher::new(common.clone(), jobs, writes.clone(), last.clone());
        let burying = Burying::new(publishing.clone(), orders.downgrade());
        let consuming = Consuming::new(common.clone(), taken, burying, writes);
        let mut attempts = Attempts::default();
        let (out, into) = loop {
            let connected = async {
                let into = consuming.connect(false).await?;
                Ok((publisher.connect().await?, into))
            };
            match connected.await {
                Ok(connected) => break connected,
                Err(error) if broker.fails_fast || !link::may_pass(&error) => return Err(error),
                Err(error) => common.tell_failed(&error),
            }
            common.rest(&mut attempts).await;
        };
        common.set_up(Side::Publishing, true);
        common.set_up(Side::Consuming, true);
        let ended = CancellationToken::new();
        let guard = ended.clone().drop_guard();
        spawn(async move {
            publisher.run(out).await;
            drop(guard);
        });
        let publishes = publishing.clone();
        spawn(async move {
            consuming.run(into).await;
            // Until here there may have been dead letters.
            publishes.close();
            last.cancel();
        });
        Ok(Self {
            common,
            publishing,
            orders,
            ended,
        })
    }

    fn outgoing(&self, to: Destination, parcel: Parcel, end: To) -> Result<Outgoing, SendError> {
        if self.common.ending.is_cancelled() {
            return Err(SendError::Closed);
        }
        properties::check(&parcel)?;
        Ok(Outgoing::new(to, What::Parcel(parcel, end)))
    }

    fn sent(
        &self,
        out: Result<Outgoing, SendError>,
        fanout: Option<String>,
    ) -> Later<Result<(), SendError>> {
        match out {
            Ok(out) => self.publishing.sent(out, fanout),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }
}

impl Line for RabbitLine {
    fn inbox(&self) -> Arc<str> {
        self.common.inbox.clone()
    }

    fn publish(&self, node: &Node, task: Parcel) -> Later<Result<(), SendError>> {
        let idempotent = task.task().is_some_and(|task| task.idempotent);
        let out = match self.outgoing(Destination::Queue(node.clone()), task, To::Queue) {
            Ok(out) => out,
            Err(error) => return Box::pin(std::future::ready(Err(error))),
        };
        let (publishing, node) = (self.publishing.clone(), node.clone());
        Box::pin(async move {
            match publishing.confirmed(out, idempotent).await {
                Err(SendError::Nobody(_)) => Err(SendError::Nobody(node.to_string())),
                other => other,
            }
        })
    }

    fn send(&self, inbox: &Arc<str>, parcel: Parcel) -> Later<Result<(), SendError>> {
        let end = match names::is_inbox(inbox) {
            true => To::End,
            false => To::Other,
        };
        let to = Destination::Inbox(inbox.clone());
        self.sent(self.outgoing(to, parcel, end), None)
    }

    fn tell_workers(&self, node: &Node, parcel: Parcel) -> Later<Result<(), SendError>> {
        let exchange = names::workers(node);
        let to = Destination::Exchange(exchange.clone().into(), String::new());
        self.sent(self.outgoing(to, parcel, To::End), Some(exchange))
    }

    fn take_work(&self, node: &Node, most: u16) -> Later<Result<(), BrokerError>> {
        let (taken, told) = oneshot::channel();
        let _ = self.orders.send(Order::TakeWork(node.clone(), most, taken));
        let common = self.common.clone();
        Box::pin(async move {
            match told.await {
                Ok(taken) => taken,
                Err(_) if common.ending.is_cancelled() => Err(BrokerError::Closed),
                Err(_) => Err(common.late()),
            }
        })
    }

    fn settle(&self, tag: u64, settled: Settled) {
        let sent = self.publishing.writes.given();
        let _ = self.orders.send(Order::Settle(tag, settled, sent));
    }

    fn listen(&self, topic: &str) -> Later<Result<(), SendError>> {
        let (listens, told) = oneshot::channel();
        let _ = self.orders.send(Order::Listen(topic.to_owned(), listens));
        Box::pin(async move { told.await.unwrap_or(Err(SendError::Closed)) })
    }

    fn unlisten(&self, topic: &str) {
        let _ = self.orders.send(Order::Unlisten(topic.to_owned()));
    }

    fn publish_to(&self, topic: &str, parcel: Parcel) -> Later<Result<(), SendError>> {
        let to = Destination::Exchange(names::TOPICS.into(), names::topic(topic));
        self.sent(self.outgoing(to, parcel, To::Other), None)
    }

    fn dead_letters(
        &self,
        node: &Node,
        most: usize,
    ) -> Later<Result<Vec<DeadLetter>, BrokerError>> {
        Box::pin(letters::read(self.common.clone(), node.clone(), most))
    }

    fn put_back(&self, letter: &DeadLetter) -> Later<Result<bool, BrokerError>> {
        let (node, key) = (letter.node.clone(), letter.key.clone());
        Box::pin(letters::put_back(self.common.clone(), node, key))
    }

    fn is_connected(&self) -> bool {
        self.common.is_up()
    }

    fn close(&self) -> Later<()> {
        self.common.ending.cancel();
        let ended = self.ended.clone();
        Box::pin(async move { ended.cancelled().await })
    }
}

/// Ends as [`close`](Line::close) does, in the background.
impl Drop for RabbitLine {
    fn drop(&mut self) {
        self.common.ending.cancel();
    }
}
