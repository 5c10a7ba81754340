//! Items that wait for their reader.

use crate::codec::Format;

use super::item_cost;

/// The length of an item in front of it.
const LENGTH: usize = size_of::<u32>();

/// Items of one stream that came one behind the other, in one buffer.
#[derive(Debug)]
pub struct Arrived {
    format: Format,
    /// Each item behind its length.
    bytes: Vec<u8>,
    /// Where the next item begins.
    at: usize,
    /// What its reader has taken and not yet told, as it counts against the window.
    taken: usize,
    /// How much that may become before the other end is to be told.
    due: usize,
}

impl Arrived {
    /// The longest item that is put beside others, in bytes.
    pub const MOST: usize = 64 << 10;

    /// Nothing yet. `bytes` is empty, and may have memory.
    pub(super) fn new(format: Format, bytes: Vec<u8>) -> Self {
        Self {
            format,
            bytes,
            at: 0,
            taken: 0,
            due: 0,
        }
    }

    /// Adds an item of at most [`MOST`](Self::MOST) bytes.
    #[inline]
    pub(super) fn push(&mut self, payload: &[u8]) {
        self.bytes.reserve(LENGTH + payload.len());
        let length = payload.len() as u32;
        self.bytes.extend_from_slice(&length.to_ne_bytes());
        self.bytes.extend_from_slice(payload);
    }

    /// So many bytes may be taken before the other end is to be told.
    #[inline]
    pub fn set_due(&mut self, due: usize) {
        self.due = due;
    }

    /// The format of all items.
    #[inline]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Takes the next item.
    #[inline]
    pub fn take(&mut self) -> Option<&[u8]> {
        let (length, rest) = self.bytes[self.at..].split_first_chunk::<LENGTH>()?;
        let item = rest.get(..u32::from_ne_bytes(*length) as usize)?;
        self.at += LENGTH + item.len();
        self.taken += item_cost(item.len());
        Some(item)
    }

    /// What was taken and is to be told now: when enough has come together, or there is no more.
    #[inline]
    pub fn report(&mut self) -> Option<usize> {
        let is_due = self.taken >= self.due || self.at == self.bytes.len();
        (is_due && self.taken > 0).then(|| std::mem::take(&mut self.taken))
    }

    /// How many items there are.
    pub fn count(&self) -> usize {
        self.lengths().count()
    }

    /// What they count against the window.
    pub(super) fn cost(&self) -> usize {
        self.lengths().map(item_cost).sum()
    }

    fn lengths(&self) -> impl Iterator<Item = usize> {
        let mut rest = &self.bytes[self.at..];
        std::iter::from_fn(move || {
            let (length, behind) = rest.split_first_chunk::<LENGTH>()?;
            let length = u32::from_ne_bytes(*length) as usize;
            rest = behind.get(length..)?;
            Some(length)
        })
    }

    /// The buffer, to be used again.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
