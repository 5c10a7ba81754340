//! Requests within one process: where their callers wait, and where their handlers answer.

use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio_util::sync::CancellationToken;

use super::{Answering, Pool, Run};
use crate::envelope::{CorrelationId, Stopwatch};
use crate::in_flight::{InFlight, Late, Patience, Reply};
use crate::limits::{Limit, reached};
use crate::message::Outgoing;
use crate::runtime::{Instant, Sleep, sleep_until};
use crate::status::{Code, Status};

/// The requests in flight of one direction within this process. Callers drive their handlers.
#[derive(Debug)]
pub(super) struct Exchange {
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

/// What a request in flight needs beside its replies.
#[derive(Debug, Default)]
struct Slot {
    run: Option<Run>,
    /// Runs where the caller wants to know how long.
    stopwatch: Option<Stopwatch>,
    /// The box is kept for the next request.
    timer: Option<Pin<Box<Option<Sleep>>>>,
    /// The handler that waits for its reader.
    sender: Option<Waker>,
    token: Option<CancellationToken>,
}

impl Exchange {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            state: Mutex::new(State {
                in_flight: InFlight::new(limit, true),
                slots: Vec::new(),
                pool: Pool::default(),
                closed: false,
            }),
            closed: CancellationToken::new(),
        }
    }

    /// Takes a slot for a request.
    pub(super) fn reserve(
        &self,
        waker: &Waker,
        now: Instant,
        patience: Patience,
        window: usize,
    ) -> Result<CorrelationId, Status> {
        let mut state = self.state();
        if state.closed {
            return Err(closed());
        }
        let reserved = state.in_flight.reserve(waker, now, patience, window);
        reserved.ok_or_else(|| {
            reached(Limit::InFlightProcess, HERE);
            Status::new(Code::Busy, "too many requests are running here")
        })
    }

    /// Leaves the handler of a request with it, to be driven by its caller.
    pub(super) fn attach(&self, id: CorrelationId, run: Run) {
        if !run.is_done() {
            self.state().slot(id).run = Some(run);
        }
    }

    /// Times a request.
    pub(super) fn time(&self, id: CorrelationId, stopwatch: Stopwatch) {
        self.state().slot(id).stopwatch = Some(stopwatch);
    }

    /// Calls `submit` with the pool, outside the lock.
    pub(super) fn with_pool<T>(&self, submit: impl FnOnce(&mut Pool) -> T) -> T {
        let mut pool = std::mem::take(&mut self.state().pool);
        let result = submit(&mut pool);
        self.state().pool = pool;
        result
    }

    /// Waits for the next reply, driving the handler meanwhile.
    pub(super) fn poll_reply(&self, id: CorrelationId, cx: &mut Context<'_>) -> Poll<Reply> {
        for driven in [false, true] {
            if driven {
                self.drive(id, cx);
            }
            let mut state = self.state();
            if let Poll::Ready((reply, _)) = state.in_flight.poll(id, cx) {
                let slot = state.slot(id);
                let sender = slot.sender.take();
                let left = reply.is_last().then(|| slot.end());
                drop(state);
                drop(left);
                if let Some(sender) = sender {
                    sender.wake();
                }
                return Poll::Ready(reply);
            }
        }
        self.poll_deadline(id, cx)
    }

    /// Gives a request up, and drops its handler.
    pub(super) fn cancel(&self, id: CorrelationId) {
        let mut state = self.state();
        if !state.in_flight.cancel(id) {
            return;
        }
        let left = state.slot(id).end();
        drop(state);
        if let Some(token) = &left.token {
            token.cancel();
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Cancelled when the exchange is closed.
    pub(super) fn closed(&self) -> CancellationToken {
        self.closed.clone()
    }

    /// Takes no more requests, and ends those in flight.
    pub(super) fn close(&self) {
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

    /// Polls the handler of a request, outside the lock. Without one there is nothing to do.
    fn drive(&self, id: CorrelationId, cx: &mut Context<'_>) {
        let mut state = self.state();
        let Some(mut run) = state.slot(id).run.take() else {
            return;
        };
        let mut pool = std::mem::take(&mut state.pool);
        drop(state);
        let pending = run.poll_in(&mut pool, cx).is_pending();
        let mut state = self.state();
        state.pool = pool;
        if pending && state.in_flight.is_open(id) {
            state.slot(id).run = Some(run);
        }
    }

    /// Nothing has come yet: the deadline decides how long to wait.
    fn poll_deadline(&self, id: CorrelationId, cx: &mut Context<'_>) -> Poll<Reply> {
        let mut state = self.state();
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

    fn complete(&self, id: CorrelationId, reply: Reply) {
        let mut state = self.state();
        let slot = state.slots.get(id.slot() as usize);
        let timing = slot.and_then(|slot| slot.stopwatch.filter(|_| reply.is_last()));
        let timed = timing.map(|stopwatch| state.in_flight.time(id, stopwatch.read()));
        let completed = state.in_flight.complete(id, reply);
        drop(state);
        for waker in timed.into_iter().chain([completed]).flatten().flatten() {
            waker.wake();
        }
    }
}

impl Slot {
    /// Frees the slot. What the request leaves is to be dropped outside the lock.
    fn end(&mut self) -> Self {
        let timer = self.timer.take().map(|mut timer| {
            timer.set(None);
            timer
        });
        let free = Self {
            timer,
            ..Self::default()
        };
        std::mem::replace(self, free)
    }
}

impl State {
    fn slot(&mut self, id: CorrelationId) -> &mut Slot {
        let index = id.slot() as usize;
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, Slot::default);
        }
        &mut self.slots[index]
    }
}

impl Answering for Exchange {
    fn respond(&self, id: CorrelationId, response: &mut dyn Outgoing) {
        if self.is_waited_for(id) {
            self.complete(id, Reply::Response(response.take()));
        }
    }

    fn throw(&self, id: CorrelationId, error: &mut dyn Outgoing) {
        if self.is_waited_for(id) {
            self.complete(id, Reply::Error(error.take()));
        }
    }

    fn fail(&self, id: CorrelationId, status: Status) {
        self.complete(id, Reply::Status(status));
    }

    fn end(&self, id: CorrelationId) {
        self.complete(id, Reply::End);
    }

    fn poll_item(
        &self,
        id: CorrelationId,
        item: &mut dyn Outgoing,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        let mut state = self.state();
        match state.in_flight.credit(id) {
            None => {
                return Poll::Ready(Err(Status::new(Code::Cancelled, "nobody reads the items")));
            }
            Some(false) => {
                state.slot(id).sender = Some(cx.waker().clone());
                return Poll::Pending;
            }
            Some(true) => drop(state),
        }
        self.complete(id, Reply::Item(item.take()));
        Poll::Ready(Ok(()))
    }

    fn progress(&self, id: CorrelationId) {
        let waker = self.state().in_flight.progress(id, Instant::now());
        if let Ok(Some(waker)) = waker {
            waker.wake();
        }
    }

    fn is_waited_for(&self, id: CorrelationId) -> bool {
        self.state().in_flight.is_open(id)
    }

    fn cancellation(&self, id: CorrelationId) -> CancellationToken {
        let mut state = self.state();
        if state.in_flight.is_open(id) {
            return state.slot(id).token.get_or_insert_default().clone();
        }
        let token = CancellationToken::new();
        token.cancel();
        token
    }
}

/// The other end, for logs.
pub(super) const HERE: &str = "in process";

fn closed() -> Status {
    Status::new(Code::ConnectionLost, "the peer in this process was closed")
}
