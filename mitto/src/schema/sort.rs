//! Sorting at compile time.

/// Sorts keys; heap sort, so that 1,000 of them cost a compiler milliseconds.
pub(crate) const fn sorted<const N: usize>(mut keys: [u64; N]) -> [u64; N] {
    let mut root = N / 2;
    while root > 0 {
        root -= 1;
        sift(&mut keys, root, N);
    }
    let mut end = N;
    while end > 1 {
        end -= 1;
        keys.swap(0, end);
        sift(&mut keys, 0, end);
    }
    keys
}

const fn sift(keys: &mut [u64], mut root: usize, end: usize) {
    loop {
        let mut child = 2 * root + 1;
        if child >= end {
            return;
        }
        if child + 1 < end && keys[child] < keys[child + 1] {
            child += 1;
        }
        if keys[root] >= keys[child] {
            return;
        }
        keys.swap(root, child);
        root = child;
    }
}

/// A key of its own and where it stands in a list; keys sort by the first, then by the second.
pub(crate) const fn key(id: u32, at: usize) -> u64 {
    (id as u64) << 32 | at as u64
}

/// The first place in the list with the key `id`, if there is one.
pub(crate) const fn first(sorted: &[u64], id: u32) -> Option<usize> {
    let (mut low, mut high) = (0, sorted.len());
    while low < high {
        let middle = low + (high - low) / 2;
        if sorted[middle] < key(id, 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if low < sorted.len() && (sorted[low] >> 32) as u32 == id {
        Some((sorted[low] & 0xffff_ffff) as usize)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_and_found() {
        let keys = sorted([key(7, 0), key(3, 1), key(7, 2), key(0, 3), key(u32::MAX, 4)]);
        assert!(keys.is_sorted());
        assert_eq!(first(&keys, 7), Some(0));
        assert_eq!(first(&keys, u32::MAX), Some(4));
        assert_eq!(first(&keys, 8), None);
        assert!(sorted::<0>([]).is_empty());
    }
}
