//! A peer in the same process: calls go straight to a queue, and nothing is encoded.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use tokio_util::sync::CancellationToken;

use super::Queue;
use crate::codec::Codecs;
use crate::envelope::CorrelationId;
use crate::in_flight::{InFlight, Patience, Reply};
use crate::job::{Answer, Answering, Job, Pool, Run};
use crate::limits::Limits;
use crate::message::{MessageKind, Outgoing};
use crate::peer::{CallHead, Outbound, Peer, Started, Wait};
use crate::runtime::{Instant, Sleep, sleep_until, spawn};
use crate::status::{Code, Status};

/// One direction between two ends of the same process.
pub struct Local {
    me: Weak<Self>,
    id: u64,
    queue: Arc<dyn Queue>,
    codecs: Codecs,
    limits: Limits,
    caller: OnceLock<Caller>,
    state: Mutex<State>,
}

/// Who calls, seen from the handlers.
enum Caller {
    /// The way back, which this direction owns.
    Owned(Peer),
    /// The way there, which owns this direction.
    Owner(Weak<Local>),
}

struct State {
    in_flight: InFlight,
    slots: Vec<Slot>,
    pool: Pool,
    closed: bool,
    on_closed: Vec<Waker>,
}

/// What a request in flight needs beside its replies.
#[derive(Default)]
struct Slot {
    run: Option<Run>,
    timer: Option<Pin<Box<Sleep>>>,
    /// The handler that waits for its reader.
    sender: Option<Waker>,
    token: Option<CancellationToken>,
}

impl Local {
    /// Two ends of one process: a peer whose calls go to `there`, and whose handlers can call back
    /// to `here`.
    pub fn pair(there: Arc<dyn Queue>, here: Arc<dyn Queue>, limits: &Limits) -> Peer {
        let back = Self::new(here, limits);
        let forth = Self::new(there, limits);
        let _ = back.caller.set(Caller::Owner(Arc::downgrade(&forth)));
        let _ = forth.caller.set(Caller::Owned(Peer::new(back)));
        Peer::new(forth)
    }

    fn new(queue: Arc<dyn Queue>, limits: &Limits) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1 << 48);
        Arc::new_cyclic(|me| Self {
            me: me.clone(),
            id: NEXT.fetch_add(1, Relaxed),
            queue,
            codecs: Codecs::default(),
            limits: limits.clone(),
            caller: OnceLock::new(),
            state: Mutex::new(State {
                in_flight: InFlight::new(limits.in_flight_process),
                slots: Vec::new(),
                pool: Pool::default(),
                closed: false,
                on_closed: Vec::new(),
            }),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No user code runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Submits a message to the queue, outside the lock.
    fn submit(
        &self,
        head: &CallHead<'_>,
        message: &mut dyn Outgoing,
        deadline: Option<Instant>,
        answer: Answer,
    ) -> Run {
        let upgraded;
        let caller = match self.caller.get() {
            Some(Caller::Owned(peer)) => peer,
            Some(Caller::Owner(owner)) => {
                upgraded = owner
                    .upgrade()
                    .map_or_else(Peer::nobody, |owner| Peer::new(owner));
                &upgraded
            }
            None => {
                upgraded = Peer::nobody();
                &upgraded
            }
        };
        let mut pool = std::mem::take(&mut self.state().pool);
        let mut job = Job::new(head.message, message.payload(), &self.codecs, caller);
        job.address = head.address;
        job.metadata = head.metadata.entries();
        job.deadline = deadline;
        job.pool = Some(&mut pool);
        let run = self.queue.submit(job, answer);
        self.state().pool = pool;
        run
    }

    /// Polls the handler of a request, outside the lock. Without one there is nothing to do.
    fn poll_run(&self, id: CorrelationId, cx: &mut Context<'_>) {
        let slot = id.slot() as usize;
        let mut state = self.state();
        let Some(mut run) = state.slots.get_mut(slot).and_then(|slot| slot.run.take()) else {
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

    /// Ends a request of which `status` is the outcome.
    fn complete(&self, id: CorrelationId, reply: Reply) {
        let waker = self.state().in_flight.complete(id, reply);
        if let Ok(Some(waker)) = waker {
            waker.wake();
        }
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

impl Outbound for Local {
    fn start(
        &self,
        head: &CallHead<'_>,
        message: &mut dyn Outgoing,
        _: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Started, Status>> {
        head.metadata.check(&self.limits)?;
        let Some(me) = self.me.upgrade() else {
            return Poll::Ready(Err(closed()));
        };
        let now = Instant::now();
        let patience = Patience {
            timeout: head.timeout.unwrap_or(self.limits.timeout),
            max: self.limits.timeout_max,
        };
        let window = match head.kind {
            MessageKind::Stream => self.limits.stream_window,
            _ => 0,
        };
        let mut state = self.state();
        if state.closed {
            return Poll::Ready(Err(closed()));
        }
        let reserved = state.in_flight.reserve(cx.waker(), now, patience, window);
        drop(state);
        let Some(id) = reserved else {
            let busy = Status::new(Code::Busy, "too many requests are running here");
            return Poll::Ready(Err(busy));
        };
        let deadline = Some(now + patience.timeout);
        let run = self.submit(head, message, deadline, Answer::new(me, id));
        if !run.is_done() {
            self.state().slot(id).run = Some(run);
        }
        Poll::Ready(Ok(Started::Poll(id)))
    }

    fn notify(
        &self,
        head: &CallHead<'_>,
        message: &mut dyn Outgoing,
        _: &mut Wait,
        _: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        head.metadata.check(&self.limits)?;
        if self.state().closed {
            return Poll::Ready(Err(closed()));
        }
        let run = self.submit(head, message, None, Answer::nobody());
        if !run.is_done() {
            // Nobody waits for a notification, so nobody polls its handler.
            spawn(run);
        }
        Poll::Ready(Ok(()))
    }

    fn leave(&self, _: &mut Wait) {}

    fn poll_reply(&self, id: CorrelationId, cx: &mut Context<'_>) -> Poll<Reply> {
        for polled in [false, true] {
            if polled {
                self.poll_run(id, cx);
            }
            let mut state = self.state();
            if let Poll::Ready((reply, _)) = state.in_flight.poll(id, cx) {
                let slot = state.slot(id);
                let left = match reply.is_last() {
                    true => std::mem::take(slot),
                    false => Slot {
                        sender: slot.sender.take(),
                        ..Slot::default()
                    },
                };
                drop(state);
                if let Some(sender) = left.sender {
                    sender.wake();
                }
                return Poll::Ready(reply);
            }
        }
        self.poll_deadline(id, cx)
    }

    fn cancel(&self, id: CorrelationId) {
        let mut state = self.state();
        if !state.in_flight.cancel(id) {
            return;
        }
        let left = std::mem::take(state.slot(id));
        drop(state);
        if let Some(token) = left.token {
            token.cancel();
        }
    }

    fn codecs(&self) -> &Codecs {
        &self.codecs
    }

    fn remote(&self) -> &str {
        "in process"
    }

    fn id(&self) -> u64 {
        self.id
    }

    fn is_connected(&self) -> bool {
        !self.state().closed
    }

    fn poll_closed(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.closed {
            return Poll::Ready(());
        }
        state.on_closed.retain(|waker| !waker.will_wake(cx.waker()));
        state.on_closed.push(cx.waker().clone());
        Poll::Pending
    }

    fn close(&self, _: bool) {
        let mut wakers = Vec::new();
        let mut state = self.state();
        state.closed = true;
        wakers.append(&mut state.on_closed);
        let left = std::mem::take(&mut state.slots);
        state
            .in_flight
            .fail_all(&closed(), |waker| wakers.push(waker));
        drop(state);
        drop(left);
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Local {
    /// Nothing has come yet: the deadline decides how long to wait.
    fn poll_deadline(&self, id: CorrelationId, cx: &mut Context<'_>) -> Poll<Reply> {
        let mut state = self.state();
        let Some(deadline) = state.in_flight.deadline(id) else {
            return Poll::Pending;
        };
        let slot = state.slot(id);
        let timer = slot
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        if timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        drop(state);
        self.cancel(id);
        let late = Status::new(Code::Timeout, "no answer within the deadline");
        Poll::Ready(Reply::Status(late))
    }
}

impl Answering for Local {
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

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Local({})", self.id)
    }
}

fn closed() -> Status {
    Status::new(Code::ConnectionLost, "the peer in this process was closed")
}
