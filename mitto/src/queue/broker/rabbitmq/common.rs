//! What the two connections of a line share.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::link::{self, Link};
use super::properties::Trusted;
use super::topology::Kind;
use super::url::Url;
use crate::limits::Limits;
use crate::queue::broker::{BrokerError, Receiver};
use crate::runtime::{Instant, later, sleep_until, timeout};

/// What is waited at most before the first attempt to connect again, and before any.
const WAITS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// How long the broker may take to set up what a connection needs, or a node. It may wait for other servers
/// of its cluster.
const SETTING_UP: Duration = Duration::from_secs(30);

/// A connection that has held for so long was a good one: it is made again soon.
const HELD: Duration = Duration::from_secs(10);

pub(super) struct Common {
    pub(super) url: Url,
    pub(super) authorities: Option<String>,
    pub(super) purpose: &'static str,
    pub(super) kind: Kind,
    pub(super) trusted: Trusted,
    pub(super) limits: Limits,
    pub(super) inbox: Arc<str>,
    pub(super) receiver: Arc<dyn Receiver>,
    /// Cancelled when the line is to end.
    pub(super) ending: CancellationToken,
    pub(super) up: Mutex<Up>,
}

/// Which connections there are.
#[derive(Default)]
pub(super) struct Up {
    publishing: bool,
    consuming: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Publishing,
    Consuming,
    /// For the time of one look.
    DeadLetters,
}

/// How often it was tried to connect in a row.
#[derive(Default)]
pub(super) struct Attempts(u32);

impl Common {
    pub(super) async fn connect(&self, side: Side) -> Result<Link, BrokerError> {
        let doing = match side {
            Side::Publishing => "publishing",
            Side::Consuming => "consuming",
            Side::DeadLetters => "dead letters",
        };
        let name = format!("mitto {}, {doing}", self.purpose);
        Link::connect(&self.url, self.authorities.as_deref(), name).await
    }

    /// Does not wait for a silent broker for good.
    pub(super) async fn in_time<T>(
        &self,
        done: impl Future<Output = lapin::Result<T>>,
    ) -> Result<T, BrokerError> {
        match timeout(SETTING_UP, done).await {
            Ok(done) => done.map_err(|error| self.explain(&error)),
            Err(_) => Err(self.late()),
        }
    }

    pub(super) fn late(&self) -> BrokerError {
        BrokerError::Late {
            url: self.url.shown.clone(),
            within: SETTING_UP,
        }
    }

    /// The same on a connection that is lost when the broker does not answer.
    pub(super) async fn patiently<T>(
        &self,
        done: impl Future<Output = lapin::Result<T>>,
    ) -> lapin::Result<T> {
        let late = || lapin::ErrorKind::IOError(Arc::new(std::io::ErrorKind::TimedOut.into()));
        let done = timeout(SETTING_UP, done).await;
        done.unwrap_or_else(|_| Err(late().into()))
    }

    pub(super) fn explain(&self, error: &lapin::Error) -> BrokerError {
        link::explain(&self.url, error)
    }

    pub(super) fn is_up(&self) -> bool {
        let up = self.up.lock().unwrap_or_else(PoisonError::into_inner);
        up.publishing && up.consuming
    }

    /// Notes whether one of the connections is there, and tells the receiver when that changes something.
    pub(super) fn set_up(&self, side: Side, is_up: bool) {
        let mut up = self.up.lock().unwrap_or_else(PoisonError::into_inner);
        let was = up.publishing && up.consuming;
        match side {
            Side::Publishing => up.publishing = is_up,
            Side::Consuming => up.consuming = is_up,
            Side::DeadLetters => {}
        }
        let is = up.publishing && up.consuming;
        // Under the lock, so that it is told in order; a receiver does not block.
        if was != is {
            self.receiver.connected(is);
        }
    }

    /// Says why a connection was lost.
    pub(super) fn tell_lost(&self, side: Side, error: &lapin::Error) {
        let (url, why) = (&self.url.shown, link::why(error));
        tracing::warn!(%url, ?side, %why, "the connection to RabbitMQ is lost, it is made again");
    }

    pub(super) fn tell_failed(&self, error: &BrokerError) {
        tracing::warn!(%error, "RabbitMQ is tried again");
    }

    /// Waits before the next attempt. False when the line is to end.
    pub(super) async fn rest(&self, attempts: &mut Attempts) -> bool {
        let at = later(Instant::now(), attempts.next());
        let resting = self.ending.run_until_cancelled(sleep_until(at));
        resting.await.is_some()
    }
}

impl Attempts {
    /// A random time below a limit that doubles, so that many who have lost the same broker come back one
    /// after the other.
    fn next(&mut self) -> Duration {
        let (first, most) = WAITS;
        let limit = most.min(first * 2_u32.pow(self.0.min(10)));
        self.0 = self.0.saturating_add(1);
        limit.mul_f64(rand::random::<f64>())
    }

    /// A connection that was made then is lost.
    pub(super) fn made_at(&mut self, then: Instant) {
        if then.elapsed() > HELD {
            self.0 = 0;
        }
    }
}
