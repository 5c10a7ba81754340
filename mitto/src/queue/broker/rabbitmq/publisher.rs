//! The publishing connection, and the one task that owns it.

use std::collections::{HashSet, VecDeque};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use lapin::message::BasicReturnMessage;
use lapin::options::ExchangeDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Channel, ExchangeKind};
use tokio::sync::mpsc;
use tokio::time::Interval;
use tokio_util::sync::CancellationToken;

use super::common::{Attempts, Common, Side};
use super::flight::Flight;
use super::in_order::InOrder;
use super::link::{Link, Told};
use super::outgoing::{Job, Sent, Waiting};
use super::properties::{self, Trusted};
use super::topology;
use super::writes::{Writes, Writing};
use crate::queue::broker::gather::Gather;
use crate::queue::broker::wire::Place;
use crate::queue::broker::{BrokerError, SendError};
use crate::runtime::{Instant, Sleep, later, sleep_until, timeout};

/// How often it is looked whether something has come back, and how long after it was sent.
const RETURNS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// How long what waits is sent at the end, and how long a lost connection may take to say what was lost.
const LAST: Duration = Duration::from_secs(5);

/// The task that owns the publishing connection.
pub(super) struct Publisher {
    common: Arc<Common>,
    jobs: mpsc::UnboundedReceiver<Job>,
    /// To be sent again, or first.
    again: VecDeque<Waiting>,
    unsent: VecDeque<(u64, Sent)>,
    turn: u64,
    gather: Gather,
    writes: Arc<Writes>,
    writing: Writing,
    /// Cancelled when nothing more comes.
    last: CancellationToken,
}

/// A connection, with what is on its way there.
pub(super) struct Connected {
    link: Link,
    confirming: Arc<Channel>,
    plain: Arc<Channel>,
    flight: Flight,
    /// What was not written comes back.
    sending: InOrder<(u64, Result<(), Unsent>)>,
    /// Exchanges that are there.
    fanouts: HashSet<String>,
    looks: Interval,
    looks_until: Instant,
}

/// What was not written.
type Unsent = (Sent, lapin::Error);

impl Publisher {
    pub(super) fn new(
        common: Arc<Common>,
        jobs: mpsc::UnboundedReceiver<Job>,
        writes: Arc<Writes>,
        last: CancellationToken,
    ) -> Self {
        Self {
            common,
            jobs,
            again: VecDeque::new(),
            unsent: VecDeque::new(),
            turn: 0,
            gather: Gather::default(),
            writes,
            writing: Writing::default(),
            last,
        }
    }

    pub(super) async fn connect(&self) -> Result<Connected, BrokerError> {
        let link = self.common.connect(Side::Publishing).await?;
        self.common.in_time(Connected::new(link)).await
    }

    pub(super) async fn run(mut self, mut connected: Connected) {
        let mut attempts = Attempts::default();
        loop {
            let made = Instant::now();
            let lost = self.serve(&mut connected).await;
            self.common.set_up(Side::Publishing, false);
            let Some(error) = lost else {
                connected.link.close().await;
                return self.refuse();
            };
            self.common.tell_lost(Side::Publishing, &error);
            self.save(connected).await;
            attempts.made_at(made);
            connected = loop {
                if !self.common.rest(&mut attempts).await {
                    return self.refuse();
                }
                match self.connect().await {
                    Ok(connected) => break connected,
                    Err(error) => self.common.tell_failed(&error),
                }
            };
            self.common.set_up(Side::Publishing, true);
        }
    }

    /// Ends when the connection is lost, or without an error when the line ends.
    async fn serve(&mut self, connected: &mut Connected) -> Option<lapin::Error> {
        let mut ending = Box::pin(self.last.clone().cancelled_owned());
        let mut last: Option<Pin<Box<Sleep>>> = None;
        poll_fn(|cx| {
            if let Poll::Ready(error) = self.poll(connected, cx) {
                return Poll::Ready(Some(error));
            }
            if last.is_none() && ending.as_mut().poll(cx).is_ready() {
                self.jobs.close();
                last = Some(Box::pin(sleep_until(later(Instant::now(), LAST))));
                cx.waker().wake_by_ref();
            }
            match &mut last {
                Some(_) if self.is_empty() && connected.is_empty() => Poll::Ready(None),
                Some(last) => last.as_mut().poll(cx).map(|()| None),
                None => Poll::Pending,
            }
        })
        .await
    }

    fn is_empty(&self) -> bool {
        self.again.is_empty() && self.unsent.is_empty() && self.jobs.is_empty()
    }

    /// Ready when the connection is lost.
    fn poll(&mut self, connected: &mut Connected, cx: &mut Context<'_>) -> Poll<lapin::Error> {
        while let Poll::Ready(told) = connected.link.poll_told(cx) {
            match told {
                Told::Lost(error) => return Poll::Ready(error),
                Told::Blocked(true) => {
                    self.writes.set_open(true);
                    tracing::warn!("RabbitMQ is short of memory or disk and takes nothing for now");
                }
                Told::Blocked(false) => {
                    self.writes.set_open(false);
                    tracing::info!("RabbitMQ takes messages again");
                }
            }
        }
        let now = Instant::now();
        let waits = !self.jobs.is_empty() && self.gather.poll(cx).is_pending();
        while !waits && !connected.link.is_blocked() {
            if let Some(waiting) = self.again.pop_front() {
                connected.start(waiting, &self.common, cx);
                continue;
            }
            if let Some((number, sent)) = self.unsent.pop_front() {
                self.send(connected, number, sent, now, cx);
                continue;
            }
            match self.jobs.poll_recv(cx) {
                Poll::Ready(Some(Job::Confirmed(mut waiting))) => {
                    self.turn += 1;
                    waiting.turn = self.turn;
                    connected.start(waiting, &self.common, cx);
                }
                Poll::Ready(Some(Job::Sent(sent))) => {
                    let number = self.writing.begin();
                    self.send(connected, number, sent, now, cx);
                }
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        let mut lost = None;
        while let Poll::Ready(Some((number, sent))) = connected.sending.poll_next(cx) {
            lost = lost.or(self.sent(number, sent));
        }
        self.writing.tell(&self.writes);
        if let Poll::Ready(error) = connected.flight.poll(cx) {
            return Poll::Ready(error);
        }
        connected.look_for_returns(&self.common, now, cx);
        lost.map_or(Poll::Pending, Poll::Ready)
    }

    fn send(
        &mut self,
        connected: &mut Connected,
        number: u64,
        sent: Sent,
        now: Instant,
        cx: &mut Context<'_>,
    ) {
        connected.looks_until = later(now, RETURNS.1);
        if !connected.send(number, sent, &self.common, cx) {
            self.writing.end(number);
        }
    }

    /// Something is written, or is to be sent again.
    fn sent(&mut self, number: u64, sent: Result<(), Unsent>) -> Option<lapin::Error> {
        match sent {
            Ok(()) => {
                self.writing.end(number);
                None
            }
            Err((sent, error)) => {
                self.unsent.push_back((number, sent));
                Some(error)
            }
        }
    }

    /// Finds out what a lost connection has left, and keeps what is to be sent again.
    async fn save(&mut self, connected: Connected) {
        let Connected {
            link,
            mut flight,
            mut sending,
            ..
        } = connected;
        drop(link);
        // All of it ends with the connection.
        let finish = async {
            flight.finish().await;
            while let Some((number, sent)) = sending.next().await {
                self.sent(number, sent);
            }
        };
        if timeout(LAST, finish).await.is_err() {
            self.writing.lose();
        }
        self.writing.tell(&self.writes);
        let mut unsent = std::mem::take(&mut self.unsent);
        unsent.make_contiguous().sort_by_key(|(number, _)| *number);
        self.unsent = unsent;
        let mut again = flight.into_again();
        again.extend(self.again.drain(..));
        again.sort_by_key(|waiting| waiting.turn);
        self.again = again.into();
    }

    /// Answers whoever waits.
    fn refuse(mut self) {
        self.writes.set_open(true);
        self.jobs.close();
        while let Ok(job) = self.jobs.try_recv() {
            if let Job::Confirmed(waiting) = job {
                let _ = waiting.done.send(Err(SendError::Closed));
            }
        }
    }
}

impl Connected {
    async fn new(link: Link) -> lapin::Result<Self> {
        let confirming = topology::confirming(link.connection()).await?;
        let plain = link.connection().create_channel().await?;
        topology::topics(&plain).await?;
        Ok(Self {
            flight: Flight::new(link.frame_max()),
            link,
            confirming: Arc::new(confirming),
            plain: Arc::new(plain),
            sending: InOrder::new(),
            fanouts: HashSet::new(),
            looks: tokio::time::interval(RETURNS.0),
            looks_until: Instant::now(),
        })
    }

    fn is_empty(&self) -> bool {
        self.flight.is_empty() && self.sending.is_empty()
    }

    fn start(&mut self, waiting: Waiting, common: &Common, cx: &mut Context<'_>) {
        self.flight.start(&self.confirming, waiting, common, cx);
    }

    /// False when it is left out.
    fn send(&mut self, number: u64, sent: Sent, common: &Common, cx: &mut Context<'_>) -> bool {
        let (properties, head) = sent.out.properties(common);
        if head > self.flight.head_max() {
            tracing::warn!(
                bytes = head,
                "the properties of a message are too large for a frame"
            );
            return false;
        }
        if let Some(exchange) = &sent.fanout {
            self.declare(exchange);
        }
        let channel = self.plain.clone();
        let sending = async move {
            match sent.out.publish(&channel, properties).await {
                Ok(_) => (number, Ok(())),
                Err(error) => (number, Err((sent, error))),
            }
        };
        self.sending.begin(sending, cx);
        true
    }

    /// Without an answer: a refusal closes the channel.
    fn declare(&mut self, exchange: &str) {
        if self.fanouts.contains(exchange) {
            return;
        }
        let options = ExchangeDeclareOptions {
            durable: true,
            nowait: true,
            ..ExchangeDeclareOptions::default()
        };
        let kind = ExchangeKind::Fanout;
        let name = exchange.into();
        let table = FieldTable::default();
        let _ = self
            .plain
            .exchange_declare(name, kind, options, table)
            .now_or_never();
        self.fanouts.insert(exchange.to_owned());
    }

    fn look_for_returns(&mut self, common: &Common, now: Instant, cx: &mut Context<'_>) {
        while now < self.looks_until && self.looks.poll_tick(cx).is_ready() {
            // Nothing is confirmed on this channel, so that this gives what has come back, at once.
            let returned = self.plain.wait_for_confirms().now_or_never();
            for message in returned.and_then(Result::ok).unwrap_or_default() {
                give_back(common, message);
            }
        }
    }
}

fn give_back(common: &Common, message: BasicReturnMessage) {
    let inbox = message.routing_key.to_string();
    let (properties, body) = (message.delivery.properties, message.delivery.data);
    let nobody = Trusted::default();
    if let Ok(parcel) = properties::read(Place::Inbox, &properties, body, &nobody, &common.limits) {
        common.receiver.returned(&inbox, parcel);
    }
}
