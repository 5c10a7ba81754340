//! A client that outlives its connections.
//!
//! The stub's peer reaches the server through a [`Line`](line::Line), which hands each call to the
//! connection of the moment, or lets it wait for the next one; a [`Keeper`](keeper::Keeper) makes the
//! connections. Before this comes a stub's call, after it a session.

mod keeper;
mod line;
mod outbound;

use std::time::Duration;

pub(super) use keeper::{Dial, Keeper};

/// How a client comes back when its connection is lost; for
/// [`Builder::reconnect`](super::Builder::reconnect).
///
/// Before each attempt it waits for a random time between nothing and a limit, which begins at
/// [`initial`](Self::initial) and doubles with each attempt up to [`max`](Self::max): clients that were
/// cut off together do not come back together. A connection that lasts for less than the limit before
/// it leaves the limit where it is.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use mitto::client::Reconnect;
///
/// let reconnect = Reconnect::default()
///     .initial(Duration::from_millis(500))
///     .max(Duration::from_secs(10))
///     .attempts(20);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "give it to `Builder::reconnect`"]
pub struct Reconnect {
    initial: Duration,
    max: Duration,
    attempts: Option<u32>,
    lazily: bool,
}

impl Reconnect {
    /// The most that it waits before the first attempt: 100 ms, at least 1 ms. With very many clients
    /// of one server choose more.
    pub fn initial(mut self, initial: Duration) -> Self {
        self.initial = initial;
        self
    }

    /// The most that it waits before any attempt: 30 s.
    pub fn max(mut self, max: Duration) -> Self {
        self.max = max;
        self
    }

    /// Gives up after so many failed attempts in a row: from then on calls fail with `Unavailable`,
    /// which names the last failure. Without a limit it never does.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// Gives the client back without waiting for the first connection, which is made like any later
    /// one. Otherwise the first one is tried once, and connecting fails when it does.
    pub fn lazily(mut self) -> Self {
        self.lazily = true;
        self
    }
}

impl Default for Reconnect {
    fn default() -> Self {
        Self {
            initial: Duration::from_millis(100),
            max: Duration::from_secs(30),
            attempts: None,
            lazily: false,
        }
    }
}
