//! Callers that wait their turn: for a slot in flight, for space in the out buffer, for a connection.

use std::collections::BTreeMap;
use std::task::Waker;

use crate::runtime::Instant;

/// Those who wait, first come first served.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    queue: BTreeMap<u64, (Waker, Instant)>,
    next: u64,
}

impl Waiting {
    /// Notes that a caller waits; a caller keeps its ticket, and so its place.
    pub(crate) fn wait(&mut self, ticket: &mut Option<u64>, waker: &Waker, deadline: Instant) {
        let ticket = *ticket.get_or_insert_with(|| {
            self.next += 1;
            self.next
        });
        self.queue.insert(ticket, (waker.clone(), deadline));
    }

    /// A caller waits no longer.
    pub(crate) fn leave(&mut self, ticket: &mut Option<u64>) {
        if let Some(ticket) = ticket.take() {
            self.queue.remove(&ticket);
        }
    }

    /// Whether a caller has to queue behind others.
    pub(crate) fn is_first(&self, ticket: Option<u64>) -> bool {
        match (self.queue.first_key_value(), ticket) {
            (None, _) => true,
            (Some((first, _)), Some(ticket)) => ticket <= *first,
            (Some(_), None) => false,
        }
    }

    /// The wakers of the first `room` callers. They stay in the queue until they get through.
    pub(crate) fn wake(&self, room: usize, into: &mut Vec<Waker>) {
        into.extend(
            self.queue
                .values()
                .take(room)
                .map(|(waker, _)| waker.clone()),
        );
    }

    /// Takes those out whose deadline has passed, and gives their wakers. They lose their place: a
    /// caller that does not look again would hold up all behind it.
    pub(crate) fn expired(&mut self, now: Instant, into: &mut Vec<Waker>) {
        self.queue.retain(|_, (waker, deadline)| {
            let late = *deadline <= now;
            if late {
                into.push(waker.clone());
            }
            !late
        });
    }

    #[inline]
    pub(crate) fn earliest(&self) -> Option<Instant> {
        if self.queue.is_empty() {
            return None;
        }
        self.queue.values().map(|(_, deadline)| *deadline).min()
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}
