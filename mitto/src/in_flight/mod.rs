//! Correlation id -> waiting reply.
//!
//! The requests that one end has sent and still waits for. A correlation id is a slot and its
//! generation: the slot is an index into an array, the generation tells a late answer to an earlier
//! request of the slot apart. The table takes no locks and wakes nobody; its owner does.

mod arrived;
mod late;
mod reply;
mod slot;
#[cfg(test)]
mod tests;

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::runtime::Instant;

pub use arrived::{Arrived, Reading};
pub use late::Late;
pub use reply::Reply;
pub use slot::Left;
use slot::Slot;

use crate::codec::Format;
pub use crate::envelope::item_cost;
use crate::envelope::{CorrelationId, List, Timing};
use crate::status::{Code, Status};

/// The requests in flight towards one other end.
#[derive(Debug)]
pub struct InFlight {
    slots: Vec<Slot>,
    free: Vec<u32>,
    limit: usize,
    /// Whether a stream's sender is told what it may send.
    has_credit: bool,
    /// What new slots count their generations from, so that no id comes twice.
    generation: u32,
    /// No deadline is earlier. A lower bound only: slots are freed without looking for the next one.
    earliest: Option<Instant>,
}

/// Who waits for items that came, and whether their stream may send its next one: `None` when one of them
/// was not allowed, and has ended it.
pub type Came = (Option<Waker>, Option<bool>);

/// How long a request may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// From now on, and again from each progress report on.
    pub timeout: Duration,
    /// However much progress is reported.
    pub max: Duration,
    /// How long a stream that has begun may be idle; `None` for ever.
    pub idle: Option<Duration>,
}

impl InFlight {
    /// An empty table for at most `limit` requests at once. `has_credit` says whether a stream's sender
    /// is told what it may send, so that more is a violation.
    pub fn new(limit: usize, has_credit: bool) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            limit: limit.min(1 << 16),
            has_credit,
            generation: 0,
            earliest: None,
        }
    }

    /// How many requests wait for a reply.
    #[inline]
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether no request waits.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many more there may be.
    #[inline]
    pub fn room(&self) -> usize {
        self.limit - self.len()
    }

    /// A moment before which no deadline passes.
    #[inline]
    pub fn earliest(&self) -> Option<Instant> {
        self.earliest
    }

    /// Takes a slot; its reply will wake `waker`. `None` when all are taken.
    ///
    /// `window` is what a stream's sender may be ahead, in bytes; 0 for other requests.
    #[inline(always)]
    pub fn reserve(
        &mut self,
        waker: &Waker,
        now: Instant,
        patience: Patience,
        window: usize,
    ) -> Option<CorrelationId> {
        if self.room() == 0 {
            return None;
        }
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::new(self.generation));
            self.slots.len() as u32 - 1
        });
        let slot = &mut self.slots[index as usize];
        let deadline = slot.reserve(waker, now, patience, window);
        let id = CorrelationId::new(index, slot.generation());
        self.note(deadline);
        Some(id)
    }

    /// Puts a reply into its slot and gives back who waits for it.
    ///
    /// # Errors
    ///
    /// When nobody waits for it: the request has ended, or never was.
    #[inline(always)]
    pub fn complete(&mut self, id: CorrelationId, reply: Reply) -> Result<Option<Waker>, Stale> {
        let has_credit = self.has_credit;
        let slot = self.get_mut(id)?;
        let waker = slot.push(reply, has_credit)?;
        let idle = slot.idle_until();
        self.note_idle(idle);
        Ok(waker)
    }

    /// Puts an item of at most [`List::LONGEST`] bytes behind those that wait, in a buffer of `buffer` if
    /// none does.
    ///
    /// # Errors
    ///
    /// As [`complete`](Self::complete).
    #[inline]
    pub fn complete_item(
        &mut self,
        id: CorrelationId,
        format: Format,
        payload: &[u8],
        buffer: impl FnOnce() -> Vec<u8>,
    ) -> Result<Came, Stale> {
        let has_credit = self.has_credit;
        let slot = self.get_mut(id)?;
        let waker = slot.push_item(format, payload, buffer, has_credit)?;
        let credit = slot.is_open().then(|| slot.has_credit());
        let idle = slot.idle_until();
        self.note_idle(idle);
        Ok((waker, credit))
    }

    /// The same for the items of a list.
    ///
    /// # Errors
    ///
    /// As [`complete`](Self::complete).
    pub fn complete_items(
        &mut self,
        id: CorrelationId,
        format: Format,
        list: &List<'_>,
        buffer: impl FnMut() -> Vec<u8>,
    ) -> Result<Came, Stale> {
        let has_credit = self.has_credit;
        let slot = self.get_mut(id)?;
        let waker = slot.push_list(format, list, buffer, has_credit)?;
        let credit = slot.is_open().then(|| slot.has_credit());
        let idle = slot.idle_until();
        self.note_idle(idle);
        Ok((waker, credit))
    }

    /// The reader has taken so much of [`Reply::Arrived`], in bytes as they count. Gives back the credit to
    /// return, if enough has come together, and how much may be taken before the next report.
    pub fn taken(&mut self, id: CorrelationId, bytes: usize) -> (Option<u32>, usize) {
        match self.get_mut(id) {
            Ok(slot) => (slot.taken(bytes), slot.due()),
            Err(Stale) => (None, usize::MAX),
        }
    }

    /// Notes when the handler ran, right before the reply that ends the request. Of a stream it is not
    /// noted.
    ///
    /// # Errors
    ///
    /// When nobody waits for it.
    pub fn time(&mut self, id: CorrelationId, timing: Timing) -> Result<Option<Waker>, Stale> {
        let slot = self.get_mut(id)?;
        match slot.is_stream() {
            true => Ok(None),
            false => slot.push(Reply::Timing(timing), true),
        }
    }

    /// Notes that the request is being worked on: it has a new full timeout, up to its maximum.
    ///
    /// # Errors
    ///
    /// When nobody waits for it.
    pub fn progress(&mut self, id: CorrelationId, now: Instant) -> Result<Option<Waker>, Stale> {
        let slot = self.get_mut(id)?;
        let waker = slot.progress(now)?;
        let idle = slot.idle_until();
        self.note_idle(idle);
        Ok(waker)
    }

    /// Waits for the next reply. The one that ends the request frees its slot.
    ///
    /// Beside it stands the credit to return, in bytes, when the reply is an item and enough has come
    /// together.
    #[inline(always)]
    pub fn poll(&mut self, id: CorrelationId, cx: &mut Context<'_>) -> Poll<(Reply, Option<u32>)> {
        if let Some(next) = self.next(id) {
            return Poll::Ready(next);
        }
        match self.get_mut(id) {
            Ok(slot) => slot.wake_by(cx.waker()),
            Err(Stale) => return Poll::Ready((Reply::Status(gone()), None)),
        }
        Poll::Pending
    }

    /// Who is woken by the next reply of a request: nobody from now on.
    #[inline]
    pub fn take_waker(&mut self, id: CorrelationId) -> Option<Waker> {
        self.get_mut(id).ok()?.take_waker()
    }

    /// Whether a request waits for its next reply.
    #[inline]
    pub fn is_waiting(&self, id: CorrelationId) -> bool {
        self.get(id).is_ok_and(Slot::is_waiting)
    }

    /// The next reply without waiting for it; `None` when there is none.
    #[inline(always)]
    pub fn next(&mut self, id: CorrelationId) -> Option<(Reply, Option<u32>)> {
        let slot = self.get_mut(id).ok()?;
        let (reply, credit) = slot.next()?;
        if reply.is_last() {
            slot.free();
            self.free.push(id.slot());
        } else {
            let idle = slot.idle_until();
            self.note_idle(idle);
        }
        Some((reply, credit))
    }

    /// Ends a request whose last reply is given to somebody without being put into its slot. Says `false`
    /// where others are there before it, or nobody waits for it.
    #[inline]
    pub fn finish(&mut self, id: CorrelationId) -> bool {
        match self.get_mut(id) {
            Ok(slot) if slot.is_waiting() => slot.finish(),
            _ => return false,
        }
        self.free.push(id.slot());
        true
    }

    /// Whether a request still waits for its last reply.
    #[inline]
    pub fn is_open(&self, id: CorrelationId) -> bool {
        self.get(id).is_ok_and(Slot::is_open)
    }

    /// When a request is given up; `None` when it has ended, or is a stream that has begun and may be
    /// idle.
    pub fn deadline(&self, id: CorrelationId) -> Option<Instant> {
        self.get(id).ok()?.deadline()
    }

    /// Whether a stream may send its next item; `None` when nobody reads it.
    #[inline]
    pub fn credit(&self, id: CorrelationId) -> Option<bool> {
        self.get(id)
            .ok()
            .filter(|slot| slot.is_open())
            .map(Slot::has_credit)
    }

    /// Gives a request up and frees its slot. Says whether the other end must be told.
    pub fn cancel(&mut self, id: CorrelationId) -> bool {
        self.give_up(id).is_some_and(|left| left.unanswered)
    }

    /// The same with what the request leaves, for who must not drop that here. `None` when it is not in
    /// flight.
    pub fn give_up(&mut self, id: CorrelationId) -> Option<Left> {
        self.get(id).is_ok().then(|| self.release(id))
    }

    /// Why a request was given up at its deadline.
    pub fn late(&self, id: CorrelationId) -> Late {
        match self.get(id).is_ok_and(|slot| slot.idle_until().is_some()) {
            true => Late::Idle,
            false => Late::Unanswered,
        }
    }

    /// Ends every request as lost for the reason `status`, and hands the wakers to `each`.
    pub fn fail_all(&mut self, status: &Status, mut each: impl FnMut(Waker)) {
        for slot in &mut self.slots {
            if let Ok(Some(waker)) = slot.push(Reply::Lost(status.clone()), true) {
                each(waker);
            }
        }
    }

    /// Gives memory back that many requests at once have needed, when none waits now.
    pub fn shrink(&mut self) {
        if self.is_empty() {
            let used = self.slots.iter().map(Slot::generation).max();
            self.generation = used.unwrap_or(self.generation);
            self.slots = Vec::new();
            self.free = Vec::new();
        }
    }

    #[inline]
    fn get(&self, id: CorrelationId) -> Result<&Slot, Stale> {
        match self.slots.get(id.slot() as usize) {
            Some(slot) if slot.is(id.generation()) => Ok(slot),
            _ => Err(Stale),
        }
    }

    #[inline]
    fn get_mut(&mut self, id: CorrelationId) -> Result<&mut Slot, Stale> {
        match self.slots.get_mut(id.slot() as usize) {
            Some(slot) if slot.is(id.generation()) => Ok(slot),
            _ => Err(Stale),
        }
    }

    #[inline]
    fn release(&mut self, id: CorrelationId) -> Left {
        self.free.push(id.slot());
        self.slots[id.slot() as usize].release()
    }

    #[inline]
    fn note_idle(&mut self, until: Option<Instant>) {
        if let Some(until) = until {
            self.note(until);
        }
    }

    #[inline]
    fn note(&mut self, deadline: Instant) {
        if self.earliest.is_none_or(|earliest| deadline < earliest) {
            self.earliest = Some(deadline);
        }
    }
}

#[cold]
fn gone() -> Status {
    Status::new(Code::ConnectionLost, "the request is no longer in flight")
}

/// Nobody waits for this reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody waits for this reply")]
pub struct Stale;
