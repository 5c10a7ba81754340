//! The requests of the other end that are not yet answered.

use std::task::Waker;
use std::time::Duration;

use crate::runtime::{Instant, later};
use tokio_util::sync::CancellationToken;

use crate::codec::Format;
use crate::envelope::{CorrelationId, Stopwatch};

/// The requests of the other end, by slot.
#[derive(Debug)]
pub(super) struct Requests {
    slots: Vec<Request>,
    limit: usize,
    live: usize,
    /// No deadline is earlier; a lower bound only.
    earliest: Option<Instant>,
    /// Whether a handler waits for room.
    crowded: bool,
    /// How long a stream that has begun may be idle.
    idle: Option<Duration>,
}

/// One request of the other end.
#[derive(Debug, Default)]
pub(super) struct Request {
    generation: u32,
    live: bool,
    pub(super) format: Option<Format>,
    /// Runs where the caller wants to know how long.
    pub(super) stopwatch: Option<Stopwatch>,
    /// Whether progress has been reported.
    pub(super) opened: bool,
    /// What a stream may send before its reader takes more, in bytes. One item may go below zero.
    pub(super) credit: i64,
    /// The handler that waits for credit or room.
    waker: Option<Waker>,
    token: Option<CancellationToken>,
    deadline: Option<Instant>,
    /// When it came, and how long it may take however much progress is reported.
    since: Option<Instant>,
    max: Duration,
    timeout: Duration,
    /// Whether items were sent, so that the deadline is the idle one.
    begun: bool,
}

/// Why a request is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Its slot is not below the limit.
    OutOfRange,
    /// Its slot is taken by a request that still runs.
    Duplicate,
}

impl Requests {
    pub(super) fn new(limit: usize, idle: Option<Duration>) -> Self {
        Self {
            slots: Vec::new(),
            limit: limit.min(1 << 16),
            live: 0,
            earliest: None,
            crowded: false,
            idle,
        }
    }

    pub(super) fn live(&self) -> usize {
        self.live
    }

    pub(super) fn earliest(&self) -> Option<Instant> {
        self.earliest
    }

    /// Takes a request. `timeout` is what its caller said, `max` how long no progress can pass.
    #[inline]
    pub(super) fn accept(
        &mut self,
        id: CorrelationId,
        format: Option<Format>,
        window: usize,
        now: Instant,
        (timeout, max): (Duration, Duration),
    ) -> Result<(&mut Request, Instant), Refusal> {
        let index = id.slot() as usize;
        if index >= self.limit || id.generation() == 0 {
            return Err(Refusal::OutOfRange);
        }
        while self.slots.len() <= index {
            self.slots.push(Request::default());
        }
        let slot = &mut self.slots[index];
        if slot.live {
            return Err(Refusal::Duplicate);
        }
        let deadline = later(now, timeout);
        // Its waker and token went with the request before.
        slot.generation = id.generation();
        slot.live = true;
        slot.format = format;
        slot.opened = false;
        slot.credit = i64::try_from(window).unwrap_or(i64::MAX);
        slot.deadline = Some(deadline);
        slot.since = Some(now);
        slot.max = max;
        slot.timeout = timeout;
        slot.begun = false;
        self.live += 1;
        if self.earliest.is_none_or(|earliest| deadline < earliest) {
            self.earliest = Some(deadline);
        }
        Ok((slot, deadline))
    }

    #[inline]
    pub(super) fn get(&mut self, id: CorrelationId) -> Option<&mut Request> {
        self.slots
            .get_mut(id.slot() as usize)
            .filter(|slot| slot.live && slot.generation == id.generation())
    }

    /// The reader of a stream allows more, in bytes. Gives the handler that waits for it.
    pub(super) fn credit(&mut self, id: CorrelationId, bytes: u32) -> Option<Waker> {
        let slot = self.get(id)?;
        slot.credit = slot.credit.saturating_add(i64::from(bytes));
        let waker = slot.waker.take();
        if slot.begun {
            self.rest(id);
        }
        waker
    }

    /// The request is answered.
    #[inline]
    pub(super) fn finish(&mut self, id: CorrelationId) -> bool {
        let Some(slot) = self.get(id) else {
            return false;
        };
        slot.live = false;
        slot.waker = None;
        slot.token = None;
        self.live -= 1;
        true
    }

    /// Nobody waits for it any more. Its handler is told, wherever it runs.
    pub(super) fn cancel(&mut self, id: CorrelationId) -> Option<CancellationToken> {
        let token = self.get(id).and_then(|slot| slot.token.take());
        self.finish(id);
        token
    }

    pub(super) fn token(&mut self, id: CorrelationId) -> CancellationToken {
        match self.get(id) {
            Some(slot) => slot.token.get_or_insert_default().clone(),
            None => {
                let token = CancellationToken::new();
                token.cancel();
                token
            }
        }
    }

    /// The request is being worked on: it has a new full timeout, up to its maximum.
    pub(super) fn progress(&mut self, id: CorrelationId, now: Instant) {
        let Some(slot) = self.get(id) else {
            return;
        };
        slot.opened = true;
        if slot.begun {
            self.rest(id);
        } else if let (Some(deadline), Some(since)) = (slot.deadline, slot.since) {
            let last = later(since, slot.max);
            slot.deadline = Some(later(now, slot.timeout).min(last).max(deadline));
        }
    }

    /// A stream's deadline ends with its first item; from each one on it may be idle for a while.
    pub(super) fn item_sent(&mut self, id: CorrelationId, cost: usize) {
        if let Some(slot) = self.get(id) {
            slot.begun = true;
            slot.deadline = None;
            slot.credit -= i64::try_from(cost).unwrap_or(i64::MAX);
            self.rest(id);
        }
    }

    /// The requests whose deadline has passed, and whether they are streams that were idle.
    pub(super) fn expired(&mut self, now: Instant, late: &mut Vec<(CorrelationId, bool)>) {
        if self.earliest.is_none_or(|earliest| now < earliest) {
            return;
        }
        self.earliest = None;
        for index in 0..self.slots.len() {
            let slot = &self.slots[index];
            match slot.deadline.filter(|_| slot.live) {
                Some(deadline) if deadline <= now => {
                    let id = CorrelationId::new(index as u32, slot.generation);
                    late.push((id, slot.begun));
                }
                Some(deadline) => self.note(deadline),
                None => {}
            }
        }
    }

    /// A handler waits for credit, or for room.
    pub(super) fn wait(&mut self, id: CorrelationId, room: bool, waker: &Waker) {
        self.crowded |= !room;
        if let Some(slot) = self.get(id) {
            slot.waker = Some(waker.clone());
        }
    }

    /// Takes the wakers of the handlers that have credit and wait for room.
    pub(super) fn wakers_of_room(&mut self, into: &mut Vec<Waker>) {
        // Asked after each write: mostly nobody waits.
        if !std::mem::take(&mut self.crowded) {
            return;
        }
        let ready = self.slots.iter_mut().filter(|slot| slot.credit > 0);
        into.extend(ready.filter_map(|slot| slot.waker.take()));
    }

    /// Takes the wakers of all handlers that wait.
    pub(super) fn wakers(&mut self, into: &mut Vec<Waker>) {
        into.extend(self.slots.iter_mut().filter_map(|slot| slot.waker.take()));
    }

    /// Ends them all. Gives back the tokens to cancel.
    pub(super) fn cancel_all(&mut self) -> Vec<CancellationToken> {
        self.live = 0;
        std::mem::take(&mut self.slots)
            .into_iter()
            .filter_map(|slot| slot.token)
            .collect()
    }

    /// Gives memory back that many requests at once have needed, when none runs now.
    pub(super) fn shrink(&mut self) {
        if self.live == 0 {
            self.slots = Vec::new();
        }
    }

    /// A stream may be idle from now on.
    fn rest(&mut self, id: CorrelationId) {
        let Some(idle) = self.idle else {
            return;
        };
        let until = later(Instant::now(), idle);
        if let Some(slot) = self.get(id) {
            slot.deadline = Some(until);
        }
        self.note(until);
    }

    #[inline]
    fn note(&mut self, deadline: Instant) {
        if self.earliest.is_none_or(|earliest| deadline < earliest) {
            self.earliest = Some(deadline);
        }
    }
}
