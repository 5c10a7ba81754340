//! What was sent and is waited for: confirmations, answers of the server, and the word that nobody is there.
//!
//! Each has a token, the last part of the subject that the word of it comes to. NATS says nothing when a
//! message has found somebody. So a barrier, a message to the own inbox, is sent behind: a connection's messages are
//! handled in order, and when it is back what was sent before has found somebody, or has been refused already.

use std::collections::hash_map;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use async_nats::Message;
use tokio::sync::{Notify, oneshot};

use crate::queue::broker::tags::ByText;

/// What is waited for.
#[derive(Default)]
pub(super) struct Waiting {
    table: Mutex<Table>,
    /// Something waits for a barrier, and nobody ticks.
    pub(super) tick: Notify,
}

#[derive(Default)]
struct Table {
    entries: ByText<Entry>,
    next: u64,
    /// How many a barrier would tell.
    passing: usize,
    /// A barrier is on its way, since so many ticks.
    barrier: Option<u32>,
    /// Another one is to follow it at once.
    again: bool,
    ticking: bool,
    /// Numbers below this one had been given at the last tick.
    ticked: u64,
}

struct Entry {
    id: u64,
    /// What was sent before a barrier of a higher number is behind it.
    sent: u64,
    /// The connection that it was sent by.
    epoch: u64,
    passes: bool,
    tell: oneshot::Sender<Told>,
}

/// What became of it.
pub(super) enum Told {
    /// No responders.
    Nobody,
    /// This came back.
    Came(Box<Message>),
    /// A barrier has come back.
    Passed,
    /// The connection was lost.
    Lost,
}

impl Waiting {
    /// Waits for what comes to `token`; for a barrier too if it `passes`. None if the token is taken.
    pub(super) fn enter(
        self: &Arc<Self>,
        token: Arc<str>,
        epoch: u64,
        passes: bool,
    ) -> Option<Waiter> {
        let (tell, told) = oneshot::channel();
        let mut table = self.lock();
        let id = table.number();
        match table.entries.entry(token.clone()) {
            hash_map::Entry::Occupied(_) => return None,
            hash_map::Entry::Vacant(place) => place.insert(Entry {
                id,
                sent: u64::MAX,
                epoch,
                passes,
                tell,
            }),
        };
        if passes {
            table.passing += 1;
            if !table.ticking {
                table.ticking = true;
                self.tick.notify_one();
            }
        }
        Some(Waiter {
            waiting: self.clone(),
            token,
            id,
            told,
            is_told: false,
        })
    }

    /// A token that nobody has.
    pub(super) fn token(&self) -> Arc<str> {
        format!("{}{}", super::subject::OWN, self.lock().number()).into()
    }

    /// Says what became of a token. False if nobody waits for it.
    pub(super) fn tell(&self, token: &str, told: Told) -> bool {
        let entry = self.lock().remove(token);
        entry.is_some_and(|entry| entry.tell.send(told).is_ok())
    }

    /// Loses what was sent by this connection and those before it.
    pub(super) fn lose(&self, epoch: u64) {
        let mut table = self.lock();
        table.barrier = None;
        let lost = table.take(|entry| entry.epoch <= epoch);
        drop(table);
        for entry in lost {
            let _ = entry.tell.send(Told::Lost);
        }
    }

    /// The number of a barrier that is to be sent now, if one is.
    pub(super) fn begin_barrier(&self, at_once: bool) -> Option<u64> {
        let mut table = self.lock();
        if table.barrier.is_some() {
            table.again |= at_once;
            return None;
        }
        if table.passing == 0 {
            return None;
        }
        table.barrier = Some(0);
        Some(table.number())
    }

    /// A barrier has come back. The number of the next one, if it is to be sent now.
    pub(super) fn end_barrier(&self, number: u64) -> Option<u64> {
        let mut table = self.lock();
        table.barrier = None;
        let passed = table.take(|entry| entry.passes && entry.sent < number);
        let again = std::mem::take(&mut table.again);
        drop(table);
        for entry in passed {
            let _ = entry.tell.send(Told::Passed);
        }
        again.then(|| self.begin_barrier(false)).flatten()
    }

    /// The number of a barrier that is to be sent now. `Err` when nothing waits for one.
    pub(super) fn ticked(&self, idle: u32) -> Result<Option<u64>, ()> {
        const MOST_IDLE: u32 = 100;
        const MOST_WAITED: u32 = 200;
        let mut table = self.lock();
        if table.passing == 0 {
            table.ticking = idle < MOST_IDLE;
            return if table.ticking { Ok(None) } else { Err(()) };
        }
        match &mut table.barrier {
            // It was dropped on its way.
            Some(waited) if *waited >= MOST_WAITED => *waited = 0,
            Some(waited) => {
                *waited += 1;
                return Ok(None);
            }
            None => {
                // Most is answered within a tick, and needs no barrier.
                let ticked = table.ticked;
                let is_due = table
                    .entries
                    .values()
                    .any(|entry| entry.passes && entry.sent < ticked);
                table.ticked = table.number();
                if !is_due {
                    return Ok(None);
                }
                table.barrier = Some(0);
            }
        }
        Ok(Some(table.number()))
    }

    pub(super) fn is_idle(&self) -> bool {
        self.lock().passing == 0
    }

    pub(super) fn count(&self) -> usize {
        self.lock().entries.len()
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn remove(&mut self, token: &str) -> Option<Entry> {
        let entry = self.entries.remove(token)?;
        self.passing -= usize::from(entry.passes);
        Some(entry)
    }

    fn take(&mut self, which: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        let taken: Vec<_> = self
            .entries
            .extract_if(|_, entry| which(entry))
            .map(|(_, entry)| entry)
            .collect();
        self.passing -= taken.iter().filter(|entry| entry.passes).count();
        taken
    }
}

/// Waits for what becomes of a token. Dropped, nobody waits for it any more.
pub(super) struct Waiter {
    waiting: Arc<Waiting>,
    pub(super) token: Arc<str>,
    id: u64,
    told: oneshot::Receiver<Told>,
    /// Whether its entry is gone.
    is_told: bool,
}

impl Waiter {
    /// Says that it is on its way now.
    pub(super) fn sent(&self) {
        let mut table = self.waiting.lock();
        let number = table.number();
        match table.entries.get_mut(&self.token) {
            Some(entry) if entry.id == self.id => entry.sent = number,
            _ => {}
        }
    }
}

impl Future for Waiter {
    type Output = Told;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Told> {
        let told = ready!(Pin::new(&mut self.told).poll(cx));
        self.is_told = true;
        Poll::Ready(told.unwrap_or(Told::Lost))
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if self.is_told {
            return;
        }
        let mut table = self.waiting.lock();
        let is_own = |entry: &Entry| entry.id == self.id;
        if table.entries.get(&self.token).is_some_and(is_own) {
            table.remove(&self.token);
        }
    }
}
