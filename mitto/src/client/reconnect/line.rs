//! What outlives the connections of a client.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::peer::{ConnectionState, Hooks, Outbound, Peer};
use crate::runtime::{Instant, RuntimeHandle, timeout};
use crate::session::{Config, Waiting};
use crate::status::{Code, Status};

/// What outlives the connections of a client: hands its calls to the one of the moment.
pub(super) struct Line {
    state: Mutex<State>,
    /// Changed only under the lock of the state, so that the two tell the same story.
    pub(super) states: watch::Sender<ConnectionState>,
    pub(super) config: Arc<Config>,
    hooks: Hooks,
    pub(super) id: u64,
    pub(super) remote: String,
    /// Where it is kept connected.
    pub(super) runtime: Option<RuntimeHandle>,
    /// Cancelled when no further connection is wanted.
    pub(super) stop: CancellationToken,
    /// Cancelled when the last connection has ended, and there will be no other.
    pub(super) closed: CancellationToken,
    /// The connection of the moment is gone.
    pub(super) gone: Notify,
    /// A connection has ended that the other end had taken its leave of.
    pub(super) left: Notify,
    /// A caller waits whose deadline is earlier than those before.
    earlier: Notify,
    pub(super) sessions: TaskTracker,
}

pub(super) struct State {
    /// The connection of the moment.
    pub(super) current: Option<Arc<dyn Outbound>>,
    /// Those that the other end has taken its leave of: what runs on them may still finish.
    pub(super) leaving: Vec<Arc<dyn Outbound>>,
    /// The callers that wait for a connection.
    pub(super) waiting: Waiting,
    /// The deadline among theirs that the clock is set to.
    armed: Option<Instant>,
    /// Why no further connection will be made.
    pub(super) end: Option<Status>,
    /// How the user has closed it: gently, or at once.
    drain: Option<bool>,
}

impl Line {
    pub(super) fn new(config: Arc<Config>, hooks: Hooks, remote: &str) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1 << 56);
        let why = Status::unavailable("it has not been connected yet");
        Arc::new(Self {
            state: Mutex::new(State {
                current: None,
                leaving: Vec::new(),
                waiting: Waiting::default(),
                armed: None,
                end: None,
                drain: None,
            }),
            states: watch::Sender::new(ConnectionState::Connecting { attempt: 1, why }),
            config,
            hooks,
            runtime: RuntimeHandle::try_current().ok(),
            id: NEXT.fetch_add(1, Relaxed),
            remote: remote.to_owned(),
            stop: CancellationToken::new(),
            closed: CancellationToken::new(),
            gone: Notify::new(),
            left: Notify::new(),
            earlier: Notify::new(),
            sessions: TaskTracker::new(),
        })
    }

    /// A connection is there. What is given back must be kept as long as it lasts.
    pub(super) fn connected(self: &Arc<Self>, connection: &Peer) -> Option<Lasting> {
        let out = connection.outbound()?.clone();
        let mut state = self.state();
        state.current = Some(out.clone());
        self.states.send_replace(ConnectionState::Connected);
        let drain = state.drain;
        drop(state);
        if let Some(drain) = drain {
            out.close(drain);
        }
        Some(Lasting {
            line: self.clone(),
            connection: connection.clone(),
        })
    }

    /// Lets everyone look again who waits.
    pub(super) fn wake(&self) {
        let mut wakers = Vec::new();
        self.state().waiting.wake(usize::MAX, &mut wakers);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// An attempt has failed.
    pub(super) fn failed(&self, attempt: u32, why: Status) {
        let state = self.state();
        if state.end.is_none() {
            let attempt = attempt.saturating_add(1);
            self.states
                .send_replace(ConnectionState::Connecting { attempt, why });
        }
    }

    /// Waits until there is no connection to give calls to.
    pub(super) async fn until_gone(&self) {
        while self.state().current.is_some() {
            self.gone.notified().await;
        }
    }

    /// No further connection will be made, for this reason or an earlier one.
    pub(super) fn end(&self, why: Status) {
        self.state().end.get_or_insert(why);
        self.stop.cancel();
        self.wake();
    }

    /// The last connection has ended.
    pub(super) fn finish(&self) {
        let state = self.state();
        let why = state.end.clone().unwrap_or_else(closed);
        if !self.closed.is_cancelled() {
            self.states.send_replace(ConnectionState::Closed(why));
        }
        drop(state);
        self.closed.cancel();
    }

    /// Closes it for the user: gently, or at once.
    pub(super) fn close(&self, drain: bool) {
        let mut state = self.state();
        let drain = drain && state.drain.unwrap_or(true);
        state.drain = Some(drain);
        state.end.get_or_insert_with(closed);
        let open: Vec<_> = state
            .leaving
            .iter()
            .chain(&state.current)
            .cloned()
            .collect();
        drop(state);
        for out in open {
            out.close(drain);
        }
        self.stop.cancel();
        self.wake();
    }

    /// Notes the deadline of a caller that waits.
    pub(super) fn arm(&self, state: &mut State, deadline: Instant) {
        if state.armed.is_none_or(|armed| deadline < armed) {
            state.armed = Some(deadline);
            self.earlier.notify_one();
        }
    }

    /// Wakes callers whose deadline passes while they wait; never ends.
    pub(super) async fn watch_deadlines(&self) {
        loop {
            let next = self.wake_late(Instant::now());
            match next {
                Some(next) => {
                    let left = next.saturating_duration_since(Instant::now());
                    let _ = timeout(left, self.earlier.notified()).await;
                }
                None => self.earlier.notified().await,
            }
        }
    }

    fn wake_late(&self, now: Instant) -> Option<Instant> {
        let mut late = Vec::new();
        let mut state = self.state();
        state.waiting.expired(now, &mut late);
        let next = state.waiting.earliest();
        state.armed = next;
        drop(state);
        late.into_iter().for_each(Waker::wake);
        next
    }

    /// Why a message that was never sent cannot be sent.
    pub(super) fn why_not(&self) -> Status {
        match &*self.states.borrow() {
            ConnectionState::Connecting { why, .. } | ConnectionState::Closed(why) => why.clone(),
            ConnectionState::Connected => closed(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn hooks(&self) -> &Hooks {
        &self.hooks
    }
}

/// One connection of a line. Dropped, it is gone, however it came to that.
pub(super) struct Lasting {
    line: Arc<Line>,
    connection: Peer,
}

impl Lasting {
    /// The other end takes its leave: calls go to the next connection already.
    pub(super) fn leaves(&self) {
        let mut state = self.line.state();
        let Some(current) = state
            .current
            .take_if(|out| out.id() == self.connection.id())
        else {
            return;
        };
        state.leaving.push(current);
        let why = Status::unavailable("the other end takes its leave");
        self.line.without_connection(&state, why);
    }
}

impl Drop for Lasting {
    fn drop(&mut self) {
        let id = self.connection.id();
        let mut state = self.line.state();
        let current = state.current.take_if(|out| out.id() == id);
        let left = state.leaving.len();
        state.leaving.retain(|out| out.id() != id);
        if left != state.leaving.len() {
            self.line.left.notify_one();
        }
        if current.is_some() {
            let why = match self.connection.state() {
                ConnectionState::Closed(why) => why,
                _ => Status::new(Code::ConnectionLost, "this end was stopped"),
            };
            self.line.without_connection(&state, why);
        }
        drop(state);
        drop(current);
    }
}

impl Line {
    fn without_connection(&self, state: &State, why: Status) {
        if state.end.is_none() {
            let attempt = 1;
            self.states
                .send_replace(ConnectionState::Connecting { attempt, why });
        }
        self.gone.notify_one();
    }
}

pub(super) fn closed() -> Status {
    Status::new(Code::ConnectionLost, "the connection was closed")
}
