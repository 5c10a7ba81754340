//! Taking tasks out of a stream, never more than may be unsettled.
//!
//! One request for tasks is open at a time, for as many as there is room. While it is being filled others are settled,
//! so that under load the next one asks for many at once.
//!
//! A request is never left behind while it is open, and is open for less than it takes until a task counts as left:
//! version 2.9 of the server, when a task is to be given out again and all that is open are requests of those who are
//! gone, forgets how often it was given out, and may give out another one that somebody has.

use std::future::{Future, poll_fn, ready};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_nats::{Message, StatusCode, Subscriber};
use futures_core::Stream;
use futures_util::stream::FuturesOrdered;

use super::claims::{Claim, claim};
use super::set_up::Consumer;
use super::{dead, set_up};
use crate::escaped::Escaped;
use crate::queue::broker::nats::message::{self, From};
use crate::queue::broker::nats::shared::{Held, Shared, bare};
use crate::queue::broker::nats::subject::WORKERS;
use crate::queue::broker::nats::work::{Event, Work, next};
use crate::queue::broker::{ATTEMPTS, Delivery, Later, Parcel};
use crate::runtime::{Instant, Sleep, later, sleep_until, spawn};

/// How long a request for tasks is open.
const OPEN: Duration = Duration::from_secs(1);

/// How long after that it counts as lost.
const OVERDUE: Duration = Duration::from_secs(1);

/// The pause after one that was refused. A stream that is made again while it is still being deleted loses
/// its files: so does version 2.9 of the server.
const PAUSE: Duration = Duration::from_secs(2);

/// Takes work until the line is dropped.
pub(in super::super) async fn pull(shared: Arc<Shared>, work: Arc<Work>, consumer: Consumer) {
    let sign_of_life = consumer.ack_wait / 3;
    let mut tick = pin!(sleep_until(later(Instant::now(), sign_of_life)));
    let mut taking = Taking::new(shared, work, &consumer);
    loop {
        match taking.next(tick.as_mut()).await {
            Event::Came(message) => taking.came(message),
            Event::Ended => taking.from = None,
            Event::Woken => taking.woken(),
            Event::Tick => {
                taking.show_life();
                taking.look_after_request().await;
                Sleep::reset(Pin::as_mut(&mut tick), later(Instant::now(), sign_of_life));
            }
        }
        taking.ask();
        taking.rest();
    }
}

struct Taking {
    shared: Arc<Shared>,
    work: Arc<Work>,
    asks: String,
    from: Option<Subscriber>,
    to: String,
    /// What is being claimed, and what came behind it.
    claiming: FuturesOrdered<Later<Option<Delivery>>>,
    /// How many tasks of the last request have not come.
    open: usize,
    /// When it was sent.
    asked: Instant,
    /// The connection of now; 0 for none.
    epoch: u64,
    /// When the stream is to be looked at.
    look_at: Option<Instant>,
}

impl Taking {
    fn new(shared: Arc<Shared>, work: Arc<Work>, consumer: &Consumer) -> Self {
        let now = Instant::now();
        Self {
            asks: format!("$JS.API.CONSUMER.MSG.NEXT.{}.{WORKERS}", consumer.stream),
            shared,
            work,
            from: None,
            to: String::new(),
            claiming: FuturesOrdered::new(),
            open: 0,
            asked: now,
            epoch: 0,
            look_at: None,
        }
    }

    /// Waits for the next thing, and delivers what has been claimed meanwhile.
    async fn next(&mut self, tick: Pin<&mut Sleep>) -> Event {
        let mut next = pin!(next(&mut self.from, &self.work.wake, Some(tick)));
        poll_fn(|cx| {
            while let Poll::Ready(Some(claimed)) = Pin::new(&mut self.claiming).poll_next(cx) {
                // Meanwhile the line may have been closed, and have given it back.
                if let Some(delivery) = claimed.filter(|claimed| self.shared.holds(claimed.tag)) {
                    self.shared.link.receiver.deliver(delivery);
                }
                if self.claiming.is_empty() {
                    return Poll::Ready(Event::Woken);
                }
            }
            next.as_mut().poll(cx)
        })
        .await
    }

    fn woken(&mut self) {
        if let Some((from, to)) = self.work.take_given() {
            self.from = Some(from);
            self.to = to;
            self.open = 0;
        }
    }

    /// Lets go of the subscription, if nothing more is to be taken, and no request or claim is open.
    fn rest(&mut self) {
        let is_idle = self.open == 0 && self.claiming.is_empty();
        let is_done = self.from.is_none() || is_idle && self.work.most() == 0;
        if is_done && !self.work.is_quiet() && !self.work.has_given() {
            self.from = None;
            self.work.quiet.send_replace(true);
        }
    }

    /// Asks for as many tasks as there is room for, if no request is open.
    fn ask(&mut self) {
        let connected = *self.shared.link.connected.borrow();
        // A request of an earlier connection is still open.
        self.epoch = connected;
        let waits = self.open > 0 || self.look_at.is_some();
        if waits || connected == 0 || self.from.is_none() {
            return;
        }
        let free = self.work.free();
        if free == 0 {
            return;
        }
        self.open = free;
        self.asked = Instant::now();
        let wanted = format!(r#"{{"batch":{free},"expires":{}}}"#, OPEN.as_nanos());
        let reply = Some(self.to.clone().into());
        self.shared.push(bare(self.asks.clone(), reply, wanted));
    }

    fn came(&mut self, message: Message) {
        if let Some(status) = message.status {
            return self.ended(status, &message);
        }
        let Some(given) = message.reply.as_deref().and_then(Given::read) else {
            return;
        };
        self.open = self.open.saturating_sub(1);
        let held = Held {
            attempt: given.attempt,
            work: self.work.clone(),
            message,
        };
        if given.attempt > ATTEMPTS {
            let shared = self.shared.clone();
            let reason = format!("it was delivered {ATTEMPTS} times, and never settled");
            spawn(async move { dead::bury(&shared, held, &reason).await });
        } else {
            self.deliver(held, given);
        }
    }

    fn deliver(&mut self, held: Held, given: Given) {
        let shared = &self.shared;
        let (message, attempt) = (held.message, held.attempt);
        let parcel = message::read(&message, From::Stream, shared);
        let once = parcel.as_ref().is_ok_and(must_not_run_twice);
        self.work.taken();
        let tag = shared.hold(message, attempt, &self.work);
        let delivery = Delivery::new(tag, self.work.node.clone(), attempt, parcel);
        if once && attempt == 1 {
            let claimed = claimed(shared.clone(), delivery, given);
            self.claiming.push_back(Box::pin(claimed));
        } else if self.claiming.is_empty() {
            shared.link.receiver.deliver(delivery);
        } else {
            self.claiming.push_back(Box::pin(ready(Some(delivery))));
        }
    }

    /// A request for tasks has ended.
    fn ended(&mut self, status: StatusCode, message: &Message) {
        match status {
            StatusCode::IDLE_HEARTBEAT => {}
            StatusCode::TIMEOUT | StatusCode::NOT_FOUND => self.open = 0,
            _ => {
                let why = message.description.as_deref().unwrap_or_default();
                let (node, why) = (&self.work.node, Escaped(why));
                tracing::warn!(%node, %why, "JetStream gives no tasks, trying again");
                self.open = 0;
                self.look_at = Some(later(Instant::now(), PAUSE));
            }
        }
    }

    /// Says that what is held is being worked on.
    fn show_life(&mut self) {
        if self.epoch > 0 {
            for reply in self.shared.held_of(&self.work) {
                self.shared.push(bare(reply, None, "+WPI"));
            }
        }
    }

    /// Somebody may have deleted the stream, of which the server does not always tell.
    async fn look_after_request(&mut self) {
        let overdue = self.open > 0 && self.asked.elapsed() > OPEN + OVERDUE;
        let due = self.look_at.is_some_and(|at| at <= Instant::now());
        if self.epoch == 0 || !overdue && !due {
            return;
        }
        self.open = 0;
        self.look_at = None;
        if let Err(error) = set_up(&self.shared, &self.work.node).await {
            let node = &self.work.node;
            tracing::error!(%node, %error, "no tasks are taken");
            self.look_at = Some(later(Instant::now(), PAUSE));
        }
    }
}

fn must_not_run_twice(parcel: &Parcel) -> bool {
    parcel.task().is_some_and(|task| !task.idempotent)
}

/// A delivery that nobody has begun, or as one that somebody has. `None` if it is to be given out again.
async fn claimed(shared: Arc<Shared>, mut delivery: Delivery, given: Given) -> Option<Delivery> {
    match claim(&shared, &delivery.node, &given).await {
        Claim::First => {}
        Claim::Taken => delivery.attempt += 1,
        Claim::Unknown => {
            if let Some(held) = shared.release(delivery.tag) {
                held.work.settled();
            }
            return None;
        }
    }
    Some(delivery)
}

/// What the reply subject of a task says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Given {
    attempt: u32,
    /// Its number in the stream.
    pub(super) number: u64,
    /// When it was stored, in nanoseconds since 1970.
    pub(super) stored: u64,
}

impl Given {
    /// `$JS.ACK.<stream>.<consumer>.<attempt>.<number>.<number given>.<time stored>.<left>`, in later versions of
    /// the server with domain and account before the stream.
    pub(super) fn read(reply: &str) -> Option<Self> {
        let parts: Vec<&str> = reply.strip_prefix("$JS.ACK.")?.split('.').collect();
        let ([_, _, attempt, number, _, stored, _]
        | [_, _, _, _, attempt, number, _, stored, _, ..]) = parts.as_slice()
        else {
            return None;
        };
        Some(Self {
            attempt: attempt.parse().ok()?,
            number: number.parse().ok()?,
            stored: stored.parse().ok()?,
        })
    }
}
