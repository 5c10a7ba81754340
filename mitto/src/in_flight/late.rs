//! Requests that are given up, and why.

use std::task::Waker;

use super::{InFlight, Reply};
use crate::envelope::CorrelationId;
use crate::runtime::Instant;
use crate::status::{Code, Status};

/// Why a request is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// Nothing has come within its deadline.
    Unanswered,
    /// It is a stream that has begun and was idle for too long.
    Idle,
}

impl Late {
    /// What its caller gets.
    pub fn status(self) -> Status {
        Status::new(
            Code::Timeout,
            match self {
                Self::Unanswered => "no answer within the deadline",
                Self::Idle => "the stream was idle for too long",
            },
        )
    }
}

impl InFlight {
    /// Ends the requests whose deadline has passed, and hands each with its waker to `each`.
    pub fn expire(
        &mut self,
        now: Instant,
        mut each: impl FnMut(CorrelationId, Late, Option<Waker>),
    ) {
        if self.earliest.is_none_or(|earliest| now < earliest) {
            return;
        }
        self.earliest = None;
        for index in 0..self.slots.len() {
            let slot = &mut self.slots[index];
            let Some(deadline) = slot.deadline() else {
                continue;
            };
            if deadline > now {
                self.note(deadline);
                continue;
            }
            let id = CorrelationId::new(index as u32, slot.generation());
            let late = match slot.idle_until() {
                Some(_) => Late::Idle,
                None => Late::Unanswered,
            };
            if let Ok(waker) = slot.push(Reply::Status(late.status()), true) {
                each(id, late, waker);
            }
        }
    }
}
