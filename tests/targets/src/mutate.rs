//! Small damage to good input: it gets further than noise does.

use crate::random::Random;

/// What lengths and counts are overwritten with.
const EDGES: [u64; 14] = [
    0,
    1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x1_0000,
    0x7FFF_FFFF,
    0xFFFF_0000,
    0xFFFF_FFFF,
    1 << 32,
    i64::MAX as u64,
    u64::MAX,
];

/// The longest input that a mutation makes, in bytes.
const LONGEST: usize = 64 << 10;

/// Calls `each` with `count` mutations of the seeds, the same ones for the same `seed`.
pub fn mutations(seeds: &[Vec<u8>], count: usize, seed: u64, mut each: impl FnMut(&[u8])) {
    let mut random = Random::new(seed);
    let mut input = Vec::new();
    for _ in 0..count {
        input.clone_from(&seeds[random.below(seeds.len())]);
        for _ in 0..1 + random.below(3) {
            mutate(&mut input, seeds, &mut random);
        }
        each(&input);
    }
}

/// Damages `input` once.
fn mutate(input: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
    let at = random.below(input.len() + 1);
    let rest = input.len() - at;
    match random.below(8) {
        0 | 1 if rest > 0 => input[at] ^= 1 << random.below(8),
        2 if rest > 0 => input[at] = random.next() as u8,
        3 => {
            let inserted = 1 + random.below(8);
            let inserted = random.bytes(inserted);
            input.splice(at..at, inserted);
        }
        4 => {
            let end = at + random.below(rest.min(16) + 1);
            input.drain(at..end);
        }
        5 => {
            let end = at + random.below(rest + 1);
            let again = input[at..end].to_vec();
            let times = 1 + random.below(4);
            input.splice(at..at, again.repeat(times));
        }
        6 => {
            let other = &seeds[random.below(seeds.len())];
            let from = random.below(other.len() + 1);
            let end = at + random.below(rest + 1);
            input.splice(at..end, other[from..].iter().copied());
        }
        _ => {
            let width = 1 << random.below(4);
            let number = match random.below(3) {
                0 => rest as u64 + random.below(5) as u64,
                _ => EDGES[random.below(EDGES.len())],
            };
            let number = &number.to_be_bytes()[8 - width..];
            let end = (at + width).min(input.len());
            input.splice(at..end, number.iter().copied());
        }
    }
    input.truncate(LONGEST);
}
