//! Maps by numbers that count up.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// What a line keeps of each delivery, by its tag. Nobody else chooses tags, so that their hash need not be hard to guess.
pub(super) type ByTag<T> = HashMap<u64, T, BuildHasherDefault<TagHasher>>;

/// Spreads numbers that follow each other.
#[derive(Default)]
pub(super) struct TagHasher(u64);

impl Hasher for TagHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64((*byte).into());
        }
    }

    fn write_u64(&mut self, number: u64) {
        // The golden ratio: what is next to each other comes to lie far apart, in the upper bits as well.
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
