//! The work that a line takes from one node.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use async_nats::{Message, Subscriber};
use futures_core::Stream;
use tokio::sync::{Notify, watch};

use crate::queue::broker::Node;
use crate::runtime::Sleep;

/// The work that a line takes from one node.
pub(super) struct Work {
    pub(super) node: Node,
    counts: Mutex<Counts>,
    /// Something has changed that the task which takes work waits for.
    pub(super) wake: Notify,
    /// Whether nothing is taken, nor will what was on its way.
    pub(super) quiet: watch::Sender<bool>,
    /// What the task is to read from now on, and its subject.
    given: Mutex<Option<(Subscriber, String)>>,
}

#[derive(Default)]
struct Counts {
    most: usize,
    unsettled: usize,
    /// There is more to take, once something is settled.
    hungry: bool,
}

impl Work {
    pub(super) fn new(node: Node) -> Self {
        Self {
            node,
            counts: Mutex::default(),
            wake: Notify::new(),
            quiet: watch::Sender::new(true),
            given: Mutex::default(),
        }
    }

    pub(super) fn set_most(&self, most: u16) {
        self.lock().most = usize::from(most);
        self.wake.notify_one();
    }

    pub(super) fn most(&self) -> usize {
        self.lock().most
    }

    /// How many more may be taken; if none, the task is woken when that changes.
    pub(super) fn free(&self) -> usize {
        let mut counts = self.lock();
        let free = counts.most.saturating_sub(counts.unsettled);
        counts.hungry = free == 0;
        free
    }

    pub(super) fn taken(&self) {
        self.lock().unsettled += 1;
    }

    pub(super) fn settled(&self) {
        let mut counts = self.lock();
        counts.unsettled = counts.unsettled.saturating_sub(1);
        if std::mem::take(&mut counts.hungry) {
            drop(counts);
            self.wake.notify_one();
        }
    }

    pub(super) fn give(&self, subscriber: Subscriber, subject: String) {
        *self.given() = Some((subscriber, subject));
        self.quiet.send_replace(false);
        self.wake.notify_one();
    }

    pub(super) fn take_given(&self) -> Option<(Subscriber, String)> {
        self.given().take()
    }

    pub(super) fn is_quiet(&self) -> bool {
        *self.quiet.borrow()
    }

    fn given(&self) -> MutexGuard<'_, Option<(Subscriber, String)>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the task that takes work has waited for.
pub(super) enum Event {
    Came(Message),
    /// The subscription has ended.
    Ended,
    Woken,
    Tick,
}

/// Waits for the next thing.
pub(super) async fn next(
    from: &mut Option<Subscriber>,
    wake: &Notify,
    mut tick: Option<Pin<&mut Sleep>>,
) -> Event {
    let mut woken = pin!(wake.notified());
    poll_fn(|cx| {
        if let Some(subscriber) = from {
            match Pin::new(subscriber).poll_next(cx) {
                Poll::Ready(Some(message)) => return Poll::Ready(Event::Came(message)),
                Poll::Ready(None) => return Poll::Ready(Event::Ended),
                Poll::Pending => {}
            }
        }
        if woken.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Event::Woken);
        }
        match tick.as_mut() {
            Some(tick) => tick.as_mut().poll(cx).map(|()| Event::Tick),
            None => Poll::Pending,
        }
    })
    .await
}

/// The next message of a subscription.
pub(super) async fn message(from: &mut Subscriber) -> Option<Message> {
    poll_fn(|cx| Pin::new(&mut *from).poll_next(cx)).await
}
