//! Room for this end's own messages, and those that wait for it.

use std::sync::MutexGuard;
use std::task::{Context, Poll, Waker};

use super::shared::{Shared, State};
use crate::limits::{Limit, waits};
use crate::peer::{CallHead, Wait};
use crate::runtime::later;
use crate::status::{Code, Status};

impl Shared {
    /// Whether one of our own messages may go at once: nearly always.
    #[inline]
    fn is_free(&self, state: &State, slot: bool, wait: &Wait) -> bool {
        wait.deadline.is_none()
            && wait.ticket.is_none()
            && state.is_open()
            && state.waiting.is_empty()
            && self.has_room(state)
            && (!slot || state.in_flight.room() > 0)
    }

    /// Waits for room for one of our own messages, within its deadline.
    #[inline]
    pub(super) fn poll_room(
        &self,
        state: &mut State,
        head: &CallHead<'_>,
        slot: bool,
        wait: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        match self.is_free(state, slot, wait) {
            true => Poll::Ready(Ok(())),
            false => self.queue_up(state, head, slot, wait, cx),
        }
    }

    fn queue_up(
        &self,
        state: &mut State,
        head: &CallHead<'_>,
        slot: bool,
        wait: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        if let Some(why) = Self::refusal(state) {
            state.waiting.leave(&mut wait.ticket);
            return Poll::Ready(Err(why));
        }
        if wait
            .deadline
            .is_some_and(|deadline| Self::now() >= deadline)
        {
            state.waiting.leave(&mut wait.ticket);
            let full = "the connection had no room for it within the deadline";
            return Poll::Ready(Err(Status::new(Code::Timeout, full)));
        }
        let free = !slot || state.in_flight.room() > 0;
        if free && self.has_room(state) && state.waiting.is_first(wait.ticket) {
            state.waiting.leave(&mut wait.ticket);
            return Poll::Ready(Ok(()));
        }
        let timeout = head.timeout.unwrap_or(self.config.limits.timeout);
        let deadline = *wait.deadline.get_or_insert_with(|| {
            let limit = match free {
                true => Limit::Outbound,
                false => self.in_flight_limit(),
            };
            waits(limit, &self.remote);
            later(Self::now(), timeout)
        });
        state.waiting.wait(&mut wait.ticket, cx.waker(), deadline);
        self.signal.raise();
        Poll::Pending
    }

    /// Passes a chance on to the next caller that waits.
    pub(super) fn pass_on(&self, state: &State) -> Vec<Waker> {
        let mut wakers = Vec::new();
        self.wake_waiting(state, &mut wakers);
        wakers
    }

    /// The same, woken once the state is unlocked.
    #[cold]
    pub(super) fn pass_on_and_unlock(&self, state: MutexGuard<'_, State>) {
        let wakers = self.pass_on(&state);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// The same for one who has taken no room after all.
    pub(super) fn pass_on_room(&self) {
        self.pass_on_and_unlock(self.state());
    }
}
