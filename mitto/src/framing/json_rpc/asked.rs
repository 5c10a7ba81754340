//! The requests of the other end: its ids, and which array an answer goes into.

use std::ops::Range;

use super::codes;
use super::id::{Id, correlation};
use crate::envelope::CorrelationId;
use crate::status::{Code, Status};

/// The requests of the other end that are not yet answered, by slot.
#[derive(Debug)]
pub(super) struct Asked {
    slots: Vec<Slot>,
    free: Vec<u32>,
    limit: usize,
    batches: Vec<Batch>,
    /// Bytes of answers that wait for others of their array.
    held: usize,
    most_held: usize,
}

/// One request of the other end.
#[derive(Debug, Default)]
pub(super) struct Slot {
    generation: u32,
    is_live: bool,
    pub(super) id: Id,
    /// Whether it is answered by a stream.
    pub(super) is_stream: bool,
    /// Whether the stream has begun: the request itself is answered.
    pub(super) has_begun: bool,
    batch: Option<usize>,
}

/// An array whose answers are not all there.
#[derive(Debug, Default)]
struct Batch {
    /// How many are missing; 0 where there is no array.
    missing: usize,
    answers: Vec<u8>,
}

impl Asked {
    /// At most `limit` requests at once, and `most_held` bytes of answers that wait for others.
    pub(super) fn new(limit: usize, most_held: usize) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            limit: limit.min(1 << 16),
            batches: Vec::new(),
            held: 0,
            most_held,
        }
    }

    /// Takes a request. `None` when there are too many.
    pub(super) fn take(
        &mut self,
        id: &[u8],
        is_stream: bool,
        batch: Option<usize>,
    ) -> Option<CorrelationId> {
        let index = match self.free.pop() {
            Some(index) => index,
            None if self.slots.len() < self.limit => {
                self.slots.push(Slot::default());
                self.slots.len() as u32 - 1
            }
            None => return None,
        };
        let slot = &mut self.slots[index as usize];
        let generation = slot.generation.wrapping_add(1).max(1);
        *slot = Slot {
            generation,
            is_live: true,
            id: Id::new(id),
            is_stream,
            has_begun: false,
            batch,
        };
        Some(CorrelationId::new(index, generation))
    }

    pub(super) fn get(&mut self, id: CorrelationId) -> Option<&mut Slot> {
        self.slots
            .get_mut(id.slot() as usize)
            .filter(|slot| slot.is_live && slot.generation == id.generation())
    }

    /// The requests that go by this id, which the other end has to keep apart, not this one.
    pub(super) fn with_id(&self, id: &[u8]) -> Vec<CorrelationId> {
        let of = |(index, slot): (usize, &Slot)| {
            let is_it = slot.is_live && slot.id.as_bytes() == id;
            is_it.then(|| CorrelationId::new(index as u32, slot.generation))
        };
        self.slots.iter().enumerate().filter_map(of).collect()
    }

    /// The stream that goes by this subscription.
    pub(super) fn with_subscription(&mut self, subscription: &[u8]) -> Option<CorrelationId> {
        let id = correlation(subscription);
        self.get(id).filter(|slot| slot.has_begun).map(|_| id)
    }

    /// The request is over.
    pub(super) fn free(&mut self, id: CorrelationId) {
        if let Some(slot) = self.get(id) {
            slot.is_live = false;
            slot.id = Id::default();
            self.free.push(id.slot());
        }
    }

    /// Begins an array of so many answers.
    pub(super) fn begin_batch(&mut self, answers: usize) -> usize {
        let batch = Batch {
            missing: answers,
            answers: Vec::new(),
        };
        match self.batches.iter().position(|batch| batch.missing == 0) {
            Some(free) => {
                self.batches[free] = batch;
                free
            }
            None => {
                self.batches.push(batch);
                self.batches.len() - 1
            }
        }
    }

    /// Ends a request whose answer stands at the end of `out`. An answer in an array waits there for
    /// the others: then nothing is left in `out`, and with the last one the whole array.
    pub(super) fn answered(&mut self, id: CorrelationId, answer: Range<usize>, out: &mut Vec<u8>) {
        let Some(slot) = self.get(id) else {
            return out.truncate(answer.start);
        };
        let batch = slot.batch;
        if let Some(batch) = batch {
            let id = slot.id.clone();
            self.answer_in(batch, id.as_bytes(), answer, out);
        }
        self.free(id);
    }

    /// Puts the answer to `id`, which stands at the end of `out`, into its array.
    pub(super) fn answer_in(
        &mut self,
        batch: usize,
        id: &[u8],
        answer: Range<usize>,
        out: &mut Vec<u8>,
    ) {
        if self.held + answer.len() > self.most_held {
            out.truncate(answer.start);
            let most = self.most_held;
            let text = format!("the answers of an array have more than {most} bytes together");
            codes::write_failure(id, &Status::new(Code::TooLarge, text), out);
        }
        let Some(batch) = self.batches.get_mut(batch) else {
            return;
        };
        let before = batch.answers.len();
        batch.answers.push(if before == 0 { b'[' } else { b',' });
        batch.answers.extend_from_slice(&out[answer.start..]);
        out.truncate(answer.start);
        self.held += batch.answers.len() - before;
        batch.missing = batch.missing.saturating_sub(1);
        if batch.missing == 0 {
            let answers = std::mem::take(&mut batch.answers);
            self.held -= answers.len();
            out.extend_from_slice(&answers);
            out.push(b']');
        }
    }
}
