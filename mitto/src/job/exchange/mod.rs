//! Requests within one process: where their callers wait, and where their handlers answer.

mod answering;
mod in_bytes;
mod slot;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio_util::sync::CancellationToken;

use self::slot::{Left, Slot};
use super::{Pool, Run};
use crate::envelope::{CorrelationId, Stopwatch};
use crate::in_flight::{InFlight, Late, Patience, Reply};
use crate::limits::{Limit, reached};
use crate::runtime::{Instant, sleep_until};
use crate::status::{Code, Status};

/// The requests in flight of one direction within this process. Callers drive their handlers.
#[derive(Debug)]
pub(crate) struct Exchange {
    state: Mutex<State>,
    closed: CancellationToken,
}

#[derive(Debug)]
struct State {
    in_flight: InFlight,
    slots: Vec<Slot>,
    pool: Pool,
    closed: bool,
}

impl Exchange {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            state: Mutex::new(State {
                // Senders look at the credit themselves; one that was outrun has done nothing wrong.
                in_flight: InFlight::new(limit, false),
                slots: Vec::new(),
                pool: Pool::default(),
                closed: false,
            }),
            closed: CancellationToken::new(),
        }
    }

    /// Takes a slot for a request, and the pool for its handler. Nobody is woken before the caller polls
    /// for the reply.
    #[inline]
    pub(crate) fn reserve(
        &self,
        now: Instant,
        patience: Patience,
        window: usize,
    ) -> Result<(CorrelationId, Pool), Status> {
        let (id, mut state) = self.reserved(now, patience, window)?;
        Ok((id, std::mem::take(&mut state.pool)))
    }

    /// The same for a request that is handled elsewhere.
    #[cfg(feature = "broker")]
    pub(crate) fn reserve_slot(
        &self,
        now: Instant,
        patience: Patience,
        window: usize,
    ) -> Result<CorrelationId, Status> {
        self.reserved(now, patience, window).map(|(id, _)| id)
    }

    /// Leaves something with such a request that its caller drives.
    #[cfg(feature = "broker")]
    pub(crate) fn drive_with(&self, id: CorrelationId, run: Run) {
        self.state().slot(id).run = Some(run);
    }

    /// Times a request.
    pub(super) fn time(&self, id: CorrelationId, stopwatch: Stopwatch) {
        self.state().slot(id).stopwatch = Some(stopwatch);
    }

    /// Gives the pool back, and leaves the handler of a request with it, to be driven by its caller.
    pub(crate) fn attach(&self, id: CorrelationId, run: Run, pool: Pool) {
        drop(self.attached(id, run, pool));
    }

    /// The same, with the first reply if it is there already.
    #[inline]
    pub(super) fn begun(&self, id: CorrelationId, run: Run, pool: Pool) -> Option<Reply> {
        let ended = run.is_done();
        let state = self.attached(id, run, pool);
        // What runs on is polled for its replies.
        match ended {
            true => next(state, id).ok(),
            false => None,
        }
    }

    /// The pool for the handler of a notification.
    pub(super) fn lend_pool(&self) -> Pool {
        std::mem::take(&mut self.state().pool)
    }

    /// Gives it back.
    pub(super) fn return_pool(&self, pool: Pool) {
        self.state().pool.give_back(pool);
    }

    /// Waits for the next reply, driving the handler meanwhile.
    pub(crate) fn poll_reply(&self, id: CorrelationId, cx: &mut Context<'_>) -> Poll<Reply> {
        let mut state = self.state();
        if state.in_flight.is_waiting(id) {
            state = self.drive(state, id, cx);
        }
        match next(state, id) {
            Ok(reply) => Poll::Ready(reply),
            Err(state) => self.wait(state, id, cx),
        }
    }

    /// Waits for the next reply of a request without a handler here. Its deadline is looked at by whoever
    /// calls [`expire`](Self::expire).
    #[cfg(feature = "broker")]
    pub(crate) fn poll_untimed(&self, id: CorrelationId, cx: &mut Context<'_>) -> Poll<Reply> {
        match next(self.state(), id) {
            Ok(reply) => Poll::Ready(reply),
            Err(mut state) => state.in_flight.poll(id, cx).map(|(reply, _)| reply),
        }
    }

    /// Ends the requests whose deadline has passed.
    #[cfg(feature = "broker")]
    pub(crate) fn expire(&self, now: Instant) {
        let (mut wakers, mut idle) = (Vec::new(), 0);
        self.state().in_flight.expire(now, |_, late, waker| {
            idle += usize::from(late == Late::Idle);
            wakers.extend(waker);
        });
        wakers.into_iter().for_each(Waker::wake);
        (0..idle).for_each(|_| reached(Limit::StreamIdle, HERE));
    }

    /// Gives a request up, and drops its handler.
    pub(crate) fn cancel(&self, id: CorrelationId) {
        let mut state = self.state();
        let Some(replies) = state.in_flight.give_up(id) else {
            return;
        };
        let left = state.end(id);
        drop(state);
        if let Some(token) = left.token.filter(|_| replies.unanswered) {
            token.cancel();
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Cancelled when the exchange is closed.
    pub(super) fn closed(&self) -> CancellationToken {
        self.closed.clone()
    }

    /// Takes no more requests, and ends those in flight.
    pub(crate) fn close(&self) {
        let mut wakers = Vec::new();
        let mut state = self.state();
        state.closed = true;
        let left = std::mem::take(&mut state.slots);
        let why = closed();
        state.in_flight.fail_all(&why, |waker| wakers.push(waker));
        drop(state);
        for token in left.iter().filter_map(|slot| slot.token.as_ref()) {
            token.cancel();
        }
        wakers.into_iter().for_each(Waker::wake);
        self.closed.cancel();
    }

    /// No user code runs under the lock.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn reserved(
        &self,
        now: Instant,
        patience: Patience,
        window: usize,
    ) -> Result<(CorrelationId, MutexGuard<'_, State>), Status> {
        let mut state = self.state();
        if state.closed {
            return Err(closed());
        }
        let noop = Waker::noop();
        match state.in_flight.reserve(noop, now, patience, window) {
            Some(id) => Ok((id, state)),
            None => {
                drop(state);
                Err(busy())
            }
        }
    }

    #[inline]
    fn attached(&self, id: CorrelationId, run: Run, pool: Pool) -> MutexGuard<'_, State> {
        let mut state = self.state();
        state.pool.give_back(pool);
        if !run.is_done() {
            state.slot(id).run = Some(run);
        }
        state
    }

    /// Polls the handler of a request, outside the lock. Without one there is nothing to do.
    fn drive<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        id: CorrelationId,
        cx: &mut Context<'_>,
    ) -> MutexGuard<'a, State> {
        let slot = state.slots.get_mut(id.slot() as usize);
        let Some(mut run) = slot.and_then(|slot| slot.run.take()) else {
            return state;
        };
        let mut pool = std::mem::take(&mut state.pool);
        // A reply that the handler gives now is looked at right after: it need not wake anybody.
        let waker = state.in_flight.take_waker(id);
        drop(state);
        drop(waker);
        let pending = run.poll_in(&mut pool, cx).is_pending();
        let mut state = self.state();
        state.pool.give_back(pool);
        if !pending {
            return state;
        }
        if state.in_flight.is_open(id) {
            state.slot(id).run = Some(run);
            return state;
        }
        drop(state);
        drop(run);
        self.state()
    }

    /// Nothing has come yet: the deadline decides how long to wait.
    fn wait(
        &self,
        mut state: MutexGuard<'_, State>,
        id: CorrelationId,
        cx: &mut Context<'_>,
    ) -> Poll<Reply> {
        if let Poll::Ready((reply, _)) = state.in_flight.poll(id, cx) {
            return Poll::Ready(reply);
        }
        let Some(deadline) = state.in_flight.deadline(id) else {
            return Poll::Pending;
        };
        let timer = state.slot(id).timer.get_or_insert_default();
        match timer.as_mut().as_pin_mut() {
            Some(sleep) if sleep.deadline() == deadline => {}
            Some(sleep) => sleep.reset(deadline),
            None => timer.set(Some(sleep_until(deadline))),
        }
        let elapsed = timer.as_mut().as_pin_mut().map(|sleep| sleep.poll(cx));
        if elapsed.is_none_or(|elapsed| elapsed.is_pending()) {
            return Poll::Pending;
        }
        let late = state.in_flight.late(id);
        drop(state);
        self.cancel(id);
        if late == Late::Idle {
            reached(Limit::StreamIdle, HERE);
        }
        Poll::Ready(Reply::Status(late.status()))
    }
}

/// Takes the next reply, if it is there. What is free with it is dropped outside the lock.
#[inline]
fn next(
    mut state: MutexGuard<'_, State>,
    id: CorrelationId,
) -> Result<Reply, MutexGuard<'_, State>> {
    let Some((reply, _)) = state.in_flight.next(id) else {
        return Err(state);
    };
    let Some(slot) = state.slots.get_mut(id.slot() as usize) else {
        return Ok(reply);
    };
    let sender = slot.sender.take();
    let left = reply.is_last().then(|| slot.end());
    drop(state);
    drop(left);
    if let Some(sender) = sender {
        sender.wake();
    }
    Ok(reply)
}

impl State {
    fn end(&mut self, id: CorrelationId) -> Left {
        let slot = self.slots.get_mut(id.slot() as usize);
        slot.map(Slot::end).unwrap_or_default()
    }

    fn slot(&mut self, id: CorrelationId) -> &mut Slot {
        let index = id.slot() as usize;
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, Slot::default);
        }
        &mut self.slots[index]
    }
}

/// The other end, for logs.
pub(super) const HERE: &str = "in process";

/// Why a request ends whose peer was closed, and why none begins.
#[cold]
pub(super) fn closed() -> Status {
    Status::new(Code::ConnectionLost, "the peer in this process was closed")
}

#[cold]
fn busy() -> Status {
    reached(Limit::InFlightProcess, HERE);
    Status::new(Code::Busy, "too many requests are running here")
}
