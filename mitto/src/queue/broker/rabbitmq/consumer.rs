//! The consuming connection, and the one task that owns it. It never publishes, so that it is not blocked
//! when the broker is short of memory.

use std::collections::{BTreeMap, HashMap};
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use lapin::ErrorKind;
use tokio::sync::{mpsc, oneshot};

use super::buried::Burying;
use super::common::{Attempts, Common, Side};
use super::consumed::Connected;
use super::inbox::Inbox;
use super::link::{Link, Told};
use super::names;
use super::work::Work;
use super::writes::Writes;
use crate::queue::broker::gather::Gather;
use crate::queue::broker::{BrokerError, Node, SendError, Settled};
use crate::runtime::Instant;

/// How many orders and deliveries are taken before what is settled is told.
const BATCH: usize = 128;

/// What the consuming task is to do.
pub(super) enum Order {
    TakeWork(Node, u16, oneshot::Sender<Result<(), BrokerError>>),
    Listen(String, oneshot::Sender<Result<(), SendError>>),
    Unlisten(String),
    /// Once so many messages are written.
    Settle(u64, Settled, u64),
    /// A dead letter is where it belongs, or is not.
    Buried(u64, bool),
}

/// The task that owns the consuming connection.
pub(super) struct Consuming {
    common: Arc<Common>,
    orders: mpsc::UnboundedReceiver<Order>,
    burying: Burying,
    writes: Arc<Writes>,
    nodes: BTreeMap<Node, u16>,
    /// Topics by their routing keys.
    topics: HashMap<String, String>,
    /// Tags are of one connection each.
    next: u64,
    /// Who waits for the next connection.
    waits: Vec<Wait>,
    closes: bool,
    gather: Gather,
}

enum Wait {
    TakesWork(oneshot::Sender<Result<(), BrokerError>>),
    Listens(oneshot::Sender<Result<(), SendError>>),
}

enum Turn {
    Order(Order),
    More(usize),
    Lost(lapin::Error),
    /// There is nothing left to do before the end.
    Idle,
}

impl Consuming {
    pub(super) fn new(
        common: Arc<Common>,
        orders: mpsc::UnboundedReceiver<Order>,
        burying: Burying,
        writes: Arc<Writes>,
    ) -> Self {
        Self {
            common,
            orders,
            burying,
            writes,
            nodes: BTreeMap::new(),
            topics: HashMap::new(),
            next: 0,
            waits: Vec::new(),
            closes: false,
            gather: Gather::default(),
        }
    }

    /// `purges` the inbox, where something in it cannot be read as AMQP.
    pub(super) async fn connect(&self, purges: bool) -> Result<Connected, BrokerError> {
        let link = self.common.connect(Side::Consuming).await?;
        self.common.in_time(self.set_up(link, purges)).await
    }

    async fn set_up(&self, link: Link, purges: bool) -> lapin::Result<Connected> {
        let channel = link.connection().create_channel().await?;
        let inbox = Inbox::open(channel, &self.common.inbox, purges).await?;
        let mut connected = Connected::new(link, inbox);
        for key in self.topics.keys() {
            connected.inbox.bind(names::TOPICS, key).await?;
        }
        for (node, most) in &self.nodes {
            let work = connected.work(node, &self.common).await?;
            connected.works[work].set_most(*most).await?;
        }
        Ok(connected)
    }

    pub(super) async fn run(mut self, mut connected: Connected) {
        let mut attempts = Attempts::default();
        loop {
            let made = Instant::now();
            let lost = self.serve(&mut connected).await;
            self.common.set_up(Side::Consuming, false);
            let Some(error) = lost else {
                connected.end().await;
                return self.end();
            };
            self.common.tell_lost(Side::Consuming, &error);
            drop(connected);
            attempts.made_at(made);
            let purges = matches!(error.kind(), ErrorKind::ParsingError(_));
            connected = loop {
                if !self.rest(&mut attempts).await {
                    return self.end();
                }
                match self.connect(purges).await {
                    Ok(connected) => break connected,
                    Err(error) => self.common.tell_failed(&error),
                }
            };
            self.common.set_up(Side::Consuming, true);
            for wait in self.waits.drain(..) {
                wait.answer(true);
            }
        }
    }

    /// Ends when the connection is lost, or without an error when the line ends.
    async fn serve(&mut self, connected: &mut Connected) -> Option<lapin::Error> {
        let mut ending = Box::pin(self.common.ending.clone().cancelled_owned());
        loop {
            let turn = poll_fn(|cx| {
                if !self.closes && ending.as_mut().poll(cx).is_ready() {
                    self.closes = true;
                }
                ready!(self.gather.poll(cx));
                self.poll(connected, cx)
            });
            let turn = turn.await;
            let done = match turn {
                Turn::Order(order) => {
                    self.common
                        .clone()
                        .patiently(self.order(connected, order))
                        .await
                }
                Turn::More(work) => self.common.patiently(connected.consume(work)).await,
                Turn::Lost(error) => Err(error),
                Turn::Idle => Ok(()),
            };
            if let Err(error) = done {
                return Some(error);
            }
            let is_idle = self.closes && connected.burying == 0 && self.orders.is_empty();
            if is_idle && connected.flush(self.writes.written()) {
                return None;
            }
        }
    }

    fn poll(&mut self, connected: &mut Connected, cx: &mut Context<'_>) -> Poll<Turn> {
        while let Poll::Ready(told) = connected.link.poll_told(cx) {
            if let Told::Lost(error) = told {
                return Poll::Ready(Turn::Lost(error));
            }
        }
        let mut orders = 0;
        while orders < BATCH {
            orders += 1;
            match self.orders.poll_recv(cx) {
                Poll::Ready(Some(Order::Settle(tag, settled, sent))) => {
                    connected.settle(tag, settled, sent, &self.burying);
                }
                Poll::Ready(Some(Order::Buried(tag, buried))) => connected.buried(tag, buried),
                Poll::Ready(Some(order)) => return Poll::Ready(Turn::Order(order)),
                // The line ends by its token.
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        if !connected.flush(self.writes.written()) {
            self.writes.wait(cx.waker());
            // It may be written in between.
            connected.flush(self.writes.written());
        }
        let more = connected.works.iter().position(Work::wants_more);
        if let Some(work) = more.filter(|_| !self.closes) {
            return Poll::Ready(Turn::More(work));
        }
        let parcels = match connected.inbox.poll(&self.common, &self.topics, BATCH, cx) {
            Ok(parcels) => parcels,
            Err(error) => return Poll::Ready(Turn::Lost(error)),
        };
        let tasks = match self.poll_works(connected, cx) {
            Ok(tasks) => tasks,
            Err(error) => return Poll::Ready(Turn::Lost(error)),
        };
        // There may be more of it, for which nobody wakes this task.
        if orders.max(parcels).max(tasks) >= BATCH {
            cx.waker().wake_by_ref();
        }
        match self.closes && connected.burying == 0 && !connected.holds() {
            true => Poll::Ready(Turn::Idle),
            false => Poll::Pending,
        }
    }

    /// Gives the receiver what the nodes have, and says how many that were.
    fn poll_works(
        &mut self,
        connected: &mut Connected,
        cx: &mut Context<'_>,
    ) -> lapin::Result<usize> {
        let mut tasks = 0;
        for at in 0..connected.works.len() {
            while tasks < BATCH {
                match connected.works[at].poll_delivery(cx) {
                    Poll::Ready(delivery) => {
                        tasks += 1;
                        self.next += 1;
                        connected.give(at, delivery?, self.next, &self.common);
                    }
                    Poll::Pending => break,
                }
            }
        }
        Ok(tasks)
    }

    /// An error is one of the connection.
    async fn order(&mut self, connected: &mut Connected, order: Order) -> lapin::Result<()> {
        match order {
            Order::TakeWork(node, most, taken) => {
                self.nodes.insert(node.clone(), most);
                let at = match connected.work(&node, &self.common).await {
                    Ok(at) => at,
                    // The broker has closed this channel, and no other.
                    Err(error) if error.is_amqp_soft_error() => {
                        self.nodes.remove(&node);
                        let _ = taken.send(Err(self.common.explain(&error)));
                        return Ok(());
                    }
                    Err(error) => {
                        self.waits.push(Wait::TakesWork(taken));
                        return Err(error);
                    }
                };
                let done = self.set_most(connected, at, most).await;
                match &done {
                    Err(_) => self.waits.push(Wait::TakesWork(taken)),
                    Ok(()) => Wait::TakesWork(taken).answer(true),
                }
                done
            }
            Order::Listen(topic, listens) => {
                let key = names::topic(&topic);
                let done = connected.inbox.bind(names::TOPICS, &key).await;
                self.topics.insert(key, topic);
                match &done {
                    Ok(()) => Wait::Listens(listens).answer(true),
                    Err(_) => self.waits.push(Wait::Listens(listens)),
                }
                done
            }
            Order::Unlisten(topic) => {
                let key = names::topic(&topic);
                self.topics.remove(&key);
                connected.inbox.unbind(names::TOPICS, &key).await
            }
            Order::Settle(..) | Order::Buried(..) => Ok(()),
        }
    }

    async fn set_most(
        &mut self,
        connected: &mut Connected,
        at: usize,
        most: u16,
    ) -> lapin::Result<()> {
        for late in connected.works[at].set_most(most).await? {
            self.next += 1;
            connected.give(at, late, self.next, &self.common);
        }
        Ok(())
    }

    /// Waits before the next attempt, and does what can be done without a connection.
    async fn rest(&mut self, attempts: &mut Attempts) -> bool {
        let common = self.common.clone();
        let mut resting = std::pin::pin!(common.rest(attempts));
        loop {
            let order = poll_fn(|cx| match resting.as_mut().poll(cx) {
                Poll::Ready(goes_on) => Poll::Ready(Err(goes_on)),
                Poll::Pending => match self.orders.poll_recv(cx) {
                    Poll::Ready(Some(order)) => Poll::Ready(Ok(order)),
                    Poll::Ready(None) | Poll::Pending => Poll::Pending,
                },
            });
            let order = match order.await {
                Ok(order) => order,
                Err(goes_on) => return goes_on,
            };
            match order {
                Order::TakeWork(node, most, taken) => {
                    self.nodes.insert(node, most);
                    self.waits.push(Wait::TakesWork(taken));
                }
                Order::Listen(topic, listens) => {
                    self.topics.insert(names::topic(&topic), topic);
                    self.waits.push(Wait::Listens(listens));
                }
                Order::Unlisten(topic) => {
                    self.topics.remove(&names::topic(&topic));
                }
                // Of a connection that is no more.
                Order::Settle(..) | Order::Buried(..) => {}
            }
        }
    }

    /// Answers whoever waits.
    fn end(mut self) {
        self.orders.close();
        while let Ok(order) = self.orders.try_recv() {
            match order {
                Order::TakeWork(_, _, taken) => self.waits.push(Wait::TakesWork(taken)),
                Order::Listen(_, listens) => self.waits.push(Wait::Listens(listens)),
                Order::Unlisten(_) | Order::Settle(..) | Order::Buried(..) => {}
            }
        }
        for wait in self.waits {
            wait.answer(false);
        }
    }
}

impl Wait {
    fn answer(self, connected: bool) {
        match self {
            Self::TakesWork(taken) => {
                let _ = taken.send(connected.then_some(()).ok_or(BrokerError::Closed));
            }
            Self::Listens(listens) => {
                let _ = listens.send(connected.then_some(()).ok_or(SendError::Closed));
            }
        }
    }
}
