use std::fmt;

use super::kept::Kept;

/// Frames gathered back to back in one buffer, to be written together.
///
/// A frame is built by appending to [`bytes_mut`](Self::bytes_mut) and finished with
/// [`end_frame`](Self::end_frame); until then it is open, and not part of what is written.
///
/// ```
/// use mitto::transport::Batch;
///
/// let mut batch = Batch::new();
/// batch.bytes_mut().extend_from_slice(b"one");
/// batch.end_frame(true);
/// batch.bytes_mut().extend_from_slice(b"half");
/// batch.discard_open();
/// assert_eq!(batch.frames().len(), 1);
/// assert_eq!(batch.len(), 3);
/// ```
#[derive(Default)]
pub struct Batch {
    bytes: Vec<u8>,
    marks: Vec<Mark>,
    kept_bytes: Kept,
    kept_marks: Kept,
}

/// One frame, lent from a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What it carries.
    pub bytes: &'a [u8],
    /// Whether it is text: then the bytes are UTF-8. Transports that cannot tell say `false`.
    pub text: bool,
}

/// Where a finished frame ends, and what it is.
#[derive(Clone, Copy)]
struct Mark {
    end: usize,
    text: bool,
}

impl Batch {
    /// An empty batch; it allocates with its first frame.
    pub const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            marks: Vec::new(),
            kept_bytes: Kept::new(),
            kept_marks: Kept::new(),
        }
    }

    /// The buffer, to append the next frame to. What is already in it must stay as it is.
    pub fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Finishes the frame that was appended since the last call; it may be empty.
    pub fn end_frame(&mut self, text: bool) {
        self.marks.push(Mark {
            end: self.bytes.len(),
            text,
        });
    }

    /// Adds what was appended since the last call to the frame before it.
    pub(crate) fn extend_frame(&mut self) {
        let end = self.bytes.len();
        if let Some(last) = self.marks.last_mut() {
            last.end = end;
        }
    }

    /// Drops what was appended since the last [`end_frame`](Self::end_frame).
    pub fn discard_open(&mut self) {
        self.bytes.truncate(self.finished());
    }

    /// The size of all frames, an open one included, in bytes.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there is no finished frame.
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// The finished frame at `index`, counted from 0.
    pub fn get(&self, index: usize) -> Option<Frame<'_>> {
        let mark = self.marks.get(index)?;
        let start = match index {
            0 => 0,
            _ => self.marks[index - 1].end,
        };
        Some(Frame {
            bytes: &self.bytes[start..mark.end],
            text: mark.text,
        })
    }

    /// The finished frames, first to last.
    pub fn frames(&self) -> Frames<'_> {
        Frames {
            batch: self,
            next: 0,
        }
    }

    /// Moves the finished frames of `other` behind the finished ones of this batch, and empties
    /// `other`. An open frame in either is dropped. Copies nothing if this batch is empty.
    pub fn append(&mut self, other: &mut Batch) {
        self.discard_open();
        other.discard_open();
        if self.is_empty() {
            std::mem::swap(self, other);
        } else {
            let base = self.bytes.len();
            self.bytes.extend_from_slice(&other.bytes);
            self.marks.extend(other.marks.iter().map(|mark| Mark {
                end: base + mark.end,
                ..*mark
            }));
        }
        other.clear();
    }

    /// Moves the first frames, of `most` bytes together but at least one, into `other`, which is empty.
    pub(crate) fn move_first(&mut self, most: usize, other: &mut Batch) {
        let fit = self.marks.partition_point(|mark| mark.end <= most).max(1);
        let Some(Mark { end, .. }) = self.marks.get(fit - 1).copied() else {
            return;
        };
        other.bytes.extend(self.bytes.drain(..end));
        other.marks.extend(self.marks.drain(..fit));
        for mark in &mut self.marks {
            mark.end -= end;
        }
    }

    /// Empties the batch. It keeps about the memory that it needed lately, 2 MiB at most.
    pub fn clear(&mut self) {
        self.kept_bytes.empty(&mut self.bytes);
        self.kept_marks.empty(&mut self.marks);
    }

    /// Gives back the memory of a batch that is empty, when it will not be needed for a while.
    pub fn shrink(&mut self) {
        self.kept_bytes.shrink(&mut self.bytes);
        self.kept_marks.shrink(&mut self.marks);
    }

    fn finished(&self) -> usize {
        self.marks.last().map_or(0, |mark| mark.end)
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("frames", &self.marks.len())
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// The frames of a [`Batch`], first to last.
#[derive(Clone, Debug)]
pub struct Frames<'a> {
    batch: &'a Batch,
    next: usize,
}

impl<'a> Iterator for Frames<'a> {
    type Item = Frame<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let frame = self.batch.get(self.next)?;
        self.next += 1;
        Some(frame)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.batch.marks.len() - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Frames<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(frames: &[&str]) -> Batch {
        let mut batch = Batch::new();
        for frame in frames {
            batch.bytes_mut().extend_from_slice(frame.as_bytes());
            batch.end_frame(true);
        }
        batch
    }

    fn texts(batch: &Batch) -> Vec<&str> {
        batch
            .frames()
            .map(|frame| std::str::from_utf8(frame.bytes).unwrap())
            .collect()
    }

    #[test]
    fn append_keeps_order_and_drops_open_frames() {
        let mut all = batch(&["a", ""]);
        let mut more = batch(&["bc"]);
        all.bytes_mut().extend_from_slice(b"open");
        more.bytes_mut().extend_from_slice(b"open");
        all.append(&mut more);
        assert_eq!(texts(&all), ["a", "", "bc"]);
        assert!(more.is_empty());
    }

    #[test]
    fn first_frames_are_moved_whole_and_at_least_one() {
        let mut all = batch(&["abc", "de", "", "fgh"]);
        for (most, expected) in [(1, &["abc"][..]), (4, &["de", ""]), (9, &["fgh"]), (9, &[])] {
            let mut first = Batch::new();
            all.move_first(most, &mut first);
            assert_eq!(texts(&first), expected);
        }
        assert_eq!(all.len(), 0);
    }

    #[test]
    fn empty_frame_counts_as_a_frame() {
        assert!(!batch(&[""]).is_empty());
        assert_eq!(batch(&[""]).len(), 0);
    }
}
