//! The items that a handler sends in one poll, to be sent together.
//!
//! A handler that is polled by its connection's own task keeps that from writing until the poll is over.
//! So its small items wait for that here, in the thread, where neither a lock nor a head is needed for each.
//! They are sent when the poll is over, before anything else that the handler says, and as soon as they
//! are enough. A handler that runs elsewhere sends one by one.

use std::cell::RefCell;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::answer::AnswerTo;
use super::{Allowance, GatheredItems, unsent};
use crate::codec::{CodecError, Encoder};
use crate::envelope::{List, item_cost};
use crate::message::Outgoing;
use crate::status::Status;

thread_local! {
    static GATHERED: RefCell<Gathered> = const { RefCell::new(Gathered::of(None)) };
}

/// The largest buffer that a thread keeps, in bytes.
const KEPT: usize = 64 << 10;

/// A poll of a stream's handler. It ends with [`end`](Self::end), as handlers do not unwind.
pub(super) struct Gathering {
    /// What a handler gathers that is being polled around this one.
    outer: Gathered,
}

/// What one handler has sent in this poll.
struct Gathered {
    /// Its answer; `None` where nothing is gathered.
    of: Option<AnswerTo>,
    /// What it may send before it asks again.
    allowance: Option<Allowance>,
    /// The bytes of a list; behind `length` is what is left of an item that could not be encoded.
    bytes: Vec<u8>,
    length: usize,
    count: usize,
    cost: usize,
}

impl Gathering {
    /// Begins to gather what the handler sends that answers to `of`.
    pub(super) fn begin(of: AnswerTo) -> Self {
        Self {
            outer: replace(Gathered::of(Some(of))),
        }
    }

    /// Sends what was gathered.
    pub(super) fn end(self) {
        let mut inner = replace(self.outer);
        if inner.length > 0 {
            inner.send();
        }
        inner.bytes.clear();
        GATHERED.with(|gathered| {
            if let Ok(mut outer) = gathered.try_borrow_mut()
                && outer.bytes.capacity() == 0
                && inner.bytes.capacity() <= KEPT
            {
                outer.bytes = inner.bytes;
            }
        });
    }
}

/// Sends the next item of a stream, or gathers it, or waits until its reader has room.
pub(crate) fn poll_item(
    to: &AnswerTo,
    item: &mut dyn Outgoing,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Status>> {
    let gathered = GATHERED.with(|gathered| match gathered.try_borrow_mut() {
        Ok(mut gathered) => gathered.add(to, item),
        // An item that is sent while another one is encoded.
        Err(_) => None,
    });
    match gathered {
        Some(sent) => Poll::Ready(sent),
        None => {
            flush(to);
            to.to.poll_item(to.id, item, cx)
        }
    }
}

/// Sends what was gathered for this answer.
pub(super) fn flush(to: &AnswerTo) {
    GATHERED.with(|gathered| {
        if let Ok(mut gathered) = gathered.try_borrow_mut()
            && gathered.length > 0
            && gathered.is_of(to)
        {
            gathered.send();
        }
    });
}

fn replace(with: Gathered) -> Gathered {
    GATHERED.with(|gathered| match gathered.try_borrow_mut() {
        Ok(mut gathered) => {
            let mut with = with;
            if with.bytes.capacity() == 0 && gathered.length == 0 {
                with.bytes = mem::take(&mut gathered.bytes);
            }
            mem::replace(&mut *gathered, with)
        }
        Err(_) => Gathered::of(None),
    })
}

impl Gathered {
    const fn of(of: Option<AnswerTo>) -> Self {
        Self {
            of,
            allowance: None,
            bytes: Vec::new(),
            length: 0,
            count: 0,
            cost: 0,
        }
    }

    #[inline]
    fn is_of(&self, to: &AnswerTo) -> bool {
        let of = self.of.as_ref();
        of.is_some_and(|of| of.id == to.id && Arc::ptr_eq(&of.to, &to.to))
    }

    /// Adds an item, if it can be encoded; `None` when it goes on its own, behind those that were gathered.
    #[inline]
    fn add(&mut self, to: &AnswerTo, item: &dyn Outgoing) -> Option<Result<(), Status>> {
        if !self.is_of(to) {
            return None;
        }
        if self.allowance.is_none() {
            self.ask(to);
        }
        let allowance = self.allowance.as_mut()?;
        if allowance.credit <= 0 || self.length >= allowance.bytes {
            return None;
        }
        self.bytes.truncate(self.length);
        let place = List::begin(&mut self.bytes);
        let Allowance { codecs, format, .. } = &*allowance;
        let mut encoder = Encoder::new(codecs, *format, &mut self.bytes, allowance.bytes);
        if let Err(error) = item.encode(&mut encoder) {
            return failed(&error);
        }
        List::end(&mut self.bytes, place);
        let cost = item_cost(self.bytes.len() - place);
        allowance.credit -= i64::try_from(cost).unwrap_or(i64::MAX);
        self.length = self.bytes.len();
        self.count += 1;
        self.cost += cost;
        Some(Ok(()))
    }

    /// Asks what may be sent, once in a poll where the answer is nothing.
    fn ask(&mut self, to: &AnswerTo) {
        self.allowance = to.to.allow_items(to.id);
        if self.allowance.is_none() {
            self.of = None;
        }
    }

    fn send(&mut self) {
        if let (Some(of), Some(allowance)) = (&self.of, self.allowance.take()) {
            of.to.send_items(
                of.id,
                GatheredItems {
                    format: allowance.format,
                    list: &self.bytes[..self.length],
                    count: self.count,
                    cost: self.cost,
                },
            );
        }
        self.bytes.clear();
        (self.length, self.count, self.cost) = (0, 0, 0);
    }
}

/// What becomes of an item that was not encoded: a long one goes on its own.
#[cold]
fn failed(error: &CodecError) -> Option<Result<(), Status>> {
    match error {
        CodecError::TooLarge { .. } => None,
        error => Some(Err(unsent(error))),
    }
}
