/// What a buffer keeps at least between two fills, in bytes.
const SMALL: usize = 1 << 10;

/// What it keeps at most, in bytes.
const MOST: usize = 1 << 20;

/// Decides how much memory a buffer keeps that is filled and emptied again and again: about what it
/// needed lately, so that large batches in a row do not allocate, and one among small ones leaves
/// nothing behind. What is left when nothing comes any more is for the connection's `shrink`.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The most bytes of one fill; an older one counts for less.
    lately: usize,
}

impl Kept {
    pub(super) const fn new() -> Self {
        Self { lately: 0 }
    }

    /// Empties the buffer.
    pub(super) fn empty<T>(&mut self, buffer: &mut Vec<T>) {
        let size = size_of::<T>();
        let used = size * buffer.len();
        buffer.clear();
        // Half of it is forgotten after 22 smaller fills.
        self.lately = used.max(self.lately - self.lately / 32);
        let keep = self.lately.clamp(SMALL, MOST);
        // A buffer that grows doubles its memory: what it once needed is up to half of it.
        if buffer.capacity() * size > 2 * keep {
            // To what doubling gives: with less the next fill of the same size would take twice as much,
            // to be given back again.
            buffer.shrink_to((keep / size).next_power_of_two());
        }
    }

    /// Gives all the memory of a buffer back that holds nothing.
    pub(super) fn shrink<T>(&mut self, buffer: &mut Vec<T>) {
        if buffer.is_empty() {
            *buffer = Vec::new();
            self.lately = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(kept: &mut Kept, buffer: &mut Vec<u8>, size: usize) {
        buffer.extend(std::iter::repeat_n(7, size));
        kept.empty(buffer);
    }

    #[test]
    fn large_fills_in_a_row_keep_their_memory() {
        let (mut kept, mut buffer) = (Kept::new(), Vec::new());
        for size in [500_000, 600_000, 300_000, 600_000] {
            fill(&mut kept, &mut buffer, size);
        }
        assert!(buffer.capacity() >= 600_000);
    }

    #[test]
    fn one_large_fill_among_small_ones_is_given_back() {
        let (mut kept, mut buffer) = (Kept::new(), Vec::new());
        fill(&mut kept, &mut buffer, 600_000);
        for _ in 0..300 {
            fill(&mut kept, &mut buffer, 100);
        }
        assert!(buffer.capacity() <= 2 * SMALL);
    }

    #[test]
    fn very_large_fill_is_given_back_at_once() {
        let (mut kept, mut buffer) = (Kept::new(), Vec::new());
        fill(&mut kept, &mut buffer, 4 << 20);
        assert!(buffer.capacity() <= MOST);
    }

    #[test]
    fn shrink_leaves_nothing_but_what_is_in_use() {
        let (mut kept, mut buffer) = (Kept::new(), Vec::new());
        fill(&mut kept, &mut buffer, 10_000);
        kept.shrink(&mut buffer);
        assert_eq!(buffer.capacity(), 0);
        buffer.push(7);
        kept.shrink(&mut buffer);
        assert_eq!(buffer, [7]);
    }
}
