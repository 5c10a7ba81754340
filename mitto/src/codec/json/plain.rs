//! What of a text JSON has as it is.

/// How many bytes stand for themselves in a string: up to the first quote, backslash or control
/// character.
#[inline(always)]
pub(crate) fn plain(text: &[u8]) -> usize {
    let (eights, rest) = text.as_chunks::<8>();
    let mut at = 0;
    for eight in eights {
        let special = special(u64::from_le_bytes(*eight));
        if special != 0 {
            return at + first(special);
        }
        at += 8;
    }
    at + plain_end(rest)
}

/// The same for less than eight bytes.
#[inline]
fn plain_end(text: &[u8]) -> usize {
    let (Some(begin), Some(end)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) else {
        let is_plain = |byte: &&u8| !matches!(byte, b'"' | b'\\' | 0..0x20);
        return text.iter().take_while(is_plain).count();
    };
    // They overlap, which matters only if the first four are plain.
    let [begin, end] = [begin, end].map(|four| u64::from(u32::from_le_bytes(*four)));
    match special(begin | end << 32) {
        0 => text.len(),
        special if first(special) < 4 => first(special),
        special => text.len() + first(special) - 8,
    }
}

#[inline]
fn first(special: u64) -> usize {
    special.trailing_zeros() as usize / 8
}

/// The highest bit of the first byte that is a quote, a backslash or a control character is the lowest
/// one that is set; none if there is no such byte.
#[inline]
fn special(eight: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    // A byte below `n` borrows from the next one, which only then may be taken for another.
    let below = |eight: u64, n: u8| eight.wrapping_sub(ONES * u64::from(n));
    // Moves the quote next to the control characters, which stay what they are.
    let quote_or_control = below(eight ^ (ONES * 0x02), 0x21);
    let backslash = below(eight ^ (ONES * u64::from(b'\\')), 1);
    // Bytes with the high bit are none of these, and keep it in both.
    (quote_or_control | backslash) & !eight & HIGHS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_found_at_every_place() {
        for byte in 0..=255 {
            for other in [b'a', b' ', 0x7f, 0x80, 0xff, byte] {
                for (length, at) in
                    (0..20).flat_map(|length| (0..length).map(move |at| (length, at)))
                {
                    let mut text = vec![b'!'; at];
                    text.push(byte);
                    text.resize(length, other);
                    let is_plain = |byte: &&u8| !matches!(byte, b'"' | b'\\' | 0..0x20);
                    let expected = text.iter().take_while(is_plain).count();
                    assert_eq!(plain(&text), expected, "{text:?}");
                }
            }
        }
    }
}
