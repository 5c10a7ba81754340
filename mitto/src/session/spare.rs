//! Buffers of replies, to be used again.

/// The most buffers that are kept, and the most bytes in all.
const MOST: usize = 256;
const MOST_BYTES: usize = 512 << 10;

/// Buffers of replies that have been read.
#[derive(Debug, Default)]
pub(super) struct Spare {
    buffers: Vec<Vec<u8>>,
    /// The memory of all, in bytes.
    bytes: usize,
}

impl Spare {
    /// An empty buffer, with memory if there is one.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let buffer = self.buffers.pop().unwrap_or_default();
        self.bytes -= buffer.capacity();
        buffer
    }

    /// Keeps a buffer, or gives it back when there are enough: it is to be dropped outside the lock.
    pub(super) fn keep(&mut self, mut buffer: Vec<u8>) -> Option<Vec<u8>> {
        let bytes = self.bytes + buffer.capacity();
        if self.buffers.len() >= MOST || bytes > MOST_BYTES || buffer.capacity() == 0 {
            return Some(buffer);
        }
        buffer.clear();
        self.bytes = bytes;
        self.buffers.push(buffer);
        None
    }
}
