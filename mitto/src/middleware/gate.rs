//! Where the innermost middleware and the request meet.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::Outcome;
use super::head::Changes;

/// The middleware asks for the request to go on; whoever drives the request sees that, lets it go, and
/// says here how it ended.
///
/// The two meet here and not in one future because the request is lent: its job borrows from the read
/// buffer, which no future of a middleware can hold.
#[derive(Default)]
pub(super) struct Gate(Mutex<State>);

#[derive(Default)]
struct State {
    stage: Stage,
    /// The middleware that waits for the outcome.
    asker: Option<Waker>,
    /// Whoever drives the request, while it waits.
    driver: Option<Waker>,
}

#[derive(Default)]
enum Stage {
    /// The middleware has not asked.
    #[default]
    Closed,
    Asked(Changes),
    /// The request is on its way.
    Open,
    /// It has ended; the middleware has not looked yet.
    Ended(Outcome),
    /// The middleware has dropped what it asked for; the driver has not looked yet.
    Left,
    Over,
}

impl Gate {
    /// The middleware asks.
    pub(super) fn ask(&self, changes: Changes) {
        let mut state = self.state();
        state.stage = Stage::Asked(changes);
        let driver = state.driver.take();
        drop(state);
        wake(driver);
    }

    /// What the middleware has asked, if it has.
    pub(super) fn asked(&self) -> Option<Changes> {
        let mut state = self.state();
        match std::mem::replace(&mut state.stage, Stage::Open) {
            Stage::Asked(changes) => Some(changes),
            other => {
                state.stage = other;
                None
            }
        }
    }

    /// Whether the request is on its way.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state().stage, Stage::Open)
    }

    /// Says how the request ended. Whether anybody had asked.
    pub(super) fn end(&self, outcome: Outcome) -> bool {
        let mut state = self.state();
        if !matches!(state.stage, Stage::Open) {
            return false;
        }
        state.stage = Stage::Ended(outcome);
        let asker = state.asker.take();
        drop(state);
        wake(asker);
        true
    }

    /// Waits for the outcome; it is given once.
    pub(super) fn poll_outcome(&self, cx: &mut Context<'_>) -> Poll<Outcome> {
        let mut state = self.state();
        match std::mem::replace(&mut state.stage, Stage::Over) {
            Stage::Ended(outcome) => Poll::Ready(outcome),
            other => {
                state.stage = other;
                store(&mut state.asker, cx.waker());
                Poll::Pending
            }
        }
    }

    /// The middleware drops what it asked for.
    pub(super) fn leave(&self) {
        let mut state = self.state();
        state.stage = match &state.stage {
            Stage::Asked(_) | Stage::Open => Stage::Left,
            _ => Stage::Over,
        };
        let driver = state.driver.take();
        drop(state);
        wake(driver);
    }

    /// Whether the middleware has just dropped what it asked for.
    pub(super) fn has_left(&self) -> bool {
        let mut state = self.state();
        let left = matches!(state.stage, Stage::Left);
        if left {
            state.stage = Stage::Over;
        }
        left
    }

    /// The driver is about to wait. Whether it may: if not, there is something to do.
    pub(super) fn park(&self, waker: &Waker) -> bool {
        let mut state = self.state();
        if matches!(state.stage, Stage::Asked(_) | Stage::Left) {
            return false;
        }
        store(&mut state.driver, waker);
        true
    }

    /// No code of others runs under the lock.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn store(place: &mut Option<Waker>, waker: &Waker) {
    if !place.as_ref().is_some_and(|old| old.will_wake(waker)) {
        *place = Some(waker.clone());
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
