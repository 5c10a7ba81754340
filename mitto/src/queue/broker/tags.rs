//! Maps by what this end itself has made up, so that its hash need not be hard to guess.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
#[cfg(feature = "nats")]
use std::sync::Arc;

/// What a line keeps of each delivery, by its tag.
pub(super) type ByTag<T> = HashMap<u64, T, BuildHasherDefault<OwnHasher>>;

/// What is waited for, by a short text.
#[cfg(feature = "nats")]
pub(super) type ByText<T> = HashMap<Arc<str>, T, BuildHasherDefault<OwnHasher>>;

/// Spreads what is much alike.
#[derive(Default)]
pub(super) struct OwnHasher(u64);

impl Hasher for OwnHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64((*byte).into());
        }
    }

    fn write_u64(&mut self, number: u64) {
        // The golden ratio. What the product has mixed is in its upper half, which the next one needs as well.
        let product = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ (product >> 32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::{BuildHasher, Hash};

    use super::*;

    fn hash(key: impl Hash) -> u64 {
        BuildHasherDefault::<OwnHasher>::default().hash_one(key)
    }

    /// A map takes the lower bits for the place and the upper 7 for a first look.
    #[test]
    fn what_is_alike_is_spread() {
        let texts = (0..1024).map(|n| hash(format!("{}.{}", n % 64, n / 64)));
        let tags = (0..1024_u64).map(hash);
        for hashes in [texts.collect::<Vec<_>>(), tags.collect()] {
            let places: HashSet<_> = hashes.iter().map(|hash| hash & 1023).collect();
            let looks: HashSet<_> = hashes.iter().map(|hash| hash >> 57).collect();
            assert!(
                places.len() > 512 && looks.len() > 96,
                "{} {}",
                places.len(),
                looks.len()
            );
        }
    }
}
