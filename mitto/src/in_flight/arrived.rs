//! Items that wait for their reader.

use crate::codec::Format;
use crate::envelope::{List, item_cost};

/// Items of one stream that came one behind the other, in one buffer.
///
/// Small: it is a part of every [`Reply`](super::Reply).
#[derive(Debug)]
pub struct Arrived {
    format: Format,
    /// How much its reader may take before the other end is to be told.
    due: u32,
    /// The bytes of a [`List`].
    bytes: Vec<u8>,
}

impl Arrived {
    /// Nothing yet. `bytes` is empty, and may have memory.
    pub(super) fn new(format: Format, bytes: Vec<u8>) -> Self {
        Self {
            format,
            due: 0,
            bytes,
        }
    }

    /// Adds an item of at most [`List::LONGEST`] bytes.
    #[inline]
    pub(super) fn push(&mut self, payload: &[u8]) {
        List::push(payload, &mut self.bytes);
    }

    /// Adds the items of a list.
    #[inline]
    pub(super) fn push_all(&mut self, list: &List<'_>) {
        self.bytes.extend_from_slice(list.bytes());
    }

    /// So many bytes may be taken before the other end is to be told; it may be told earlier.
    #[inline]
    pub(super) fn set_due(&mut self, due: usize) {
        self.due = u32::try_from(due).unwrap_or(u32::MAX);
    }

    /// The format of all items.
    #[inline]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Takes them one by one.
    pub fn read(self) -> Reading {
        Reading {
            at: 0,
            taken: 0,
            due: self.due as usize,
            arrived: self,
        }
    }

    /// How many items there are.
    pub fn count(&self) -> usize {
        List::items_of(&self.bytes).count()
    }
}

/// [`Arrived`] items that are being taken.
#[derive(Debug)]
pub struct Reading {
    arrived: Arrived,
    /// Where the next item begins.
    at: usize,
    /// What was taken and is not yet told, as it counts against the window.
    taken: usize,
    /// How much that may become before the other end is to be told.
    due: usize,
}

impl Reading {
    /// The format of all items.
    #[inline]
    pub fn format(&self) -> Format {
        self.arrived.format
    }

    /// The next item, which stays.
    #[inline]
    pub fn peek(&self) -> Option<&[u8]> {
        let (item, _) = List::split(self.arrived.bytes.get(self.at..)?)?;
        Some(item)
    }

    /// Takes the next item.
    #[inline]
    pub fn take(&mut self) -> Option<&[u8]> {
        let left = self.arrived.bytes.get(self.at..)?;
        let (item, rest) = List::split(left)?;
        self.at += left.len() - rest.len();
        self.taken += item_cost(item.len());
        Some(item)
    }

    /// What was taken and is to be told now: when enough has come together, or there is no more.
    #[inline]
    pub fn report(&mut self) -> Option<usize> {
        let is_due = self.taken >= self.due || self.at == self.arrived.bytes.len();
        (is_due && self.taken > 0).then(|| std::mem::take(&mut self.taken))
    }

    /// So many bytes may be taken before the other end is to be told.
    #[inline]
    pub fn set_due(&mut self, due: usize) {
        self.due = due;
    }

    /// The buffer, to be used again.
    pub fn into_bytes(self) -> Vec<u8> {
        self.arrived.bytes
    }
}
