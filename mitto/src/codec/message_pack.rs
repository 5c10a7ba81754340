use rmp_serde::config::{DefaultConfig, StructMapConfig};
use rmp_serde::decode::{Error as DecodeError, ReadRefReader};
use rmp_serde::encode::Error as EncodeError;
use rmp_serde::{Deserializer, Serializer};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::limited::Limited;
use super::{CodecError, Format, MAX_DEPTH};

pub(super) fn encode<T: Serialize + ?Sized>(
    value: &T,
    out: &mut Limited<'_>,
) -> Result<(), CodecError> {
    match value.serialize(&mut serializer(out)) {
        Ok(()) => Ok(()),
        Err(error) => Err(encode_error(error)),
    }
}

pub(super) fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, CodecError> {
    // Instantiated for every message: no combinators, each of which is a function more.
    let mut deserializer = deserializer(payload)?;
    let value = match T::deserialize(&mut deserializer) {
        Ok(value) => value,
        Err(error) => return Err(decode_error(error)),
    };
    match expect_end(&mut deserializer) {
        Ok(()) => Ok(value),
        Err(error) => Err(error),
    }
}

fn serializer<'l, 'a>(
    out: &'l mut Limited<'a>,
) -> Serializer<&'l mut Limited<'a>, StructMapConfig<DefaultConfig>> {
    Serializer::new(out).with_struct_map()
}

fn deserializer(payload: &[u8]) -> Result<Deserializer<ReadRefReader<'_, [u8]>>, CodecError> {
    check_structure(payload)?;
    let mut deserializer = Deserializer::from_read_ref(payload);
    // A second line only, since it does not count enums. It refuses the level that makes it zero, and
    // counts an extension value as a level.
    deserializer.set_max_depth(MAX_DEPTH + 2);
    Ok(deserializer)
}

fn expect_end(deserializer: &mut Deserializer<ReadRefReader<'_, [u8]>>) -> Result<(), CodecError> {
    // It does not tell its position; but only at the end is there no marker to read.
    match bool::deserialize(deserializer) {
        Err(DecodeError::InvalidMarkerRead(_)) => Ok(()),
        _ => Err(malformed(&"the payload goes on after the value")),
    }
}

#[cold]
#[expect(clippy::needless_pass_by_value, reason = "used up where it is found")]
fn encode_error(error: EncodeError) -> CodecError {
    CodecError::Encode {
        format: Format::MESSAGE_PACK,
        reason: error.to_string(),
    }
}

#[cold]
#[expect(clippy::needless_pass_by_value, reason = "used up where it is found")]
fn decode_error(error: DecodeError) -> CodecError {
    match error {
        DecodeError::DepthLimitExceeded => CodecError::TooDeep,
        DecodeError::InvalidMarkerRead(_) | DecodeError::InvalidDataRead(_) => truncated(),
        _ => malformed(&error),
    }
}

#[cold]
fn truncated() -> CodecError {
    malformed(&"the payload ends within a value")
}

#[cold]
fn malformed(reason: &impl ToString) -> CodecError {
    CodecError::Decode {
        format: Format::MESSAGE_PACK,
        reason: reason.to_string(),
    }
}

/// Refuses what nests deeper than [`MAX_DEPTH`], and arrays and maps that claim more entries than the
/// payload has bytes, for which a type may reserve memory.
///
/// Apart from the deserializer: a wrapper around it would double the code of every message.
fn check_structure(payload: &[u8]) -> Result<(), CodecError> {
    if is_harmless(payload) {
        Ok(())
    } else {
        walk(payload)
    }
}

/// Whether there are too few bytes that could begin an array or a map, wherever they stand, for the walk
/// to matter.
fn is_harmless(payload: &[u8]) -> bool {
    if payload.len() <= MAX_DEPTH {
        // Too short to nest too deep.
        let long = |found, byte| found | (byte & 0xfc == 0xdc);
        return !payload.iter().fold(false, long);
    }
    // At most 255 bytes, so that a `u8` can count them and the loop becomes vector instructions.
    const CHUNK: usize = 192;
    let mut openers = 0;
    payload.chunks(CHUNK).all(|chunk| {
        let (mut short, mut long) = (0_u8, false);
        for byte in chunk {
            short += u8::from(byte & 0xe0 == 0x80);
            long |= byte & 0xfc == 0xdc;
        }
        openers += usize::from(short);
        openers <= MAX_DEPTH && !long
    })
}

/// Visits the first value, with everything in it. What else is wrong with it, the deserializer reports.
fn walk(payload: &[u8]) -> Result<(), CodecError> {
    let mut rest = payload;
    // How many values are still to come in each open array or map.
    let mut open = [0_usize; MAX_DEPTH];
    let mut depth = 0;
    // The same of all together: each of them takes a byte at least.
    let mut to_come = 0_usize;
    while let Some(item) = Item::first_of(rest) {
        let Some(behind) = rest.get(item.bytes..) else {
            return Ok(());
        };
        rest = behind;
        if depth > 0 {
            open[depth - 1] -= 1;
            to_come -= 1;
        }
        to_come = to_come.saturating_add(item.values);
        if to_come > rest.len() {
            return Err(truncated());
        }
        if item.opens {
            if depth == MAX_DEPTH {
                return Err(CodecError::TooDeep);
            }
            open[depth] = item.values;
            depth += 1;
        }
        while depth > 0 && open[depth - 1] == 0 {
            depth -= 1;
        }
        if depth == 0 {
            break;
        }
    }
    Ok(())
}

/// A scalar, or the head of an array or a map.
struct Item {
    /// Its length in the payload.
    bytes: usize,
    /// Whether it is an array or a map.
    opens: bool,
    /// How many values follow that belong to it.
    values: usize,
}

impl Item {
    /// The item that `rest` begins with, `None` when it ends before its length, or has none.
    fn first_of(rest: &[u8]) -> Option<Self> {
        let (&marker, tail) = rest.split_first()?;
        Some(match marker {
            0x00..=0x7f | 0xe0..=0xff | 0xc0 | 0xc2 | 0xc3 => Self::scalar(1),
            0x80..=0x8f => Self::container(1, 2 * usize::from(marker & 0x0f)),
            0x90..=0x9f => Self::container(1, usize::from(marker & 0x0f)),
            0xa0..=0xbf => Self::scalar(1 + usize::from(marker & 0x1f)),
            0xc1 => return None,
            0xc4 | 0xd9 => Self::scalar(length::<1>(tail)?.saturating_add(2)),
            0xc5 | 0xda => Self::scalar(length::<2>(tail)?.saturating_add(3)),
            0xc6 | 0xdb => Self::scalar(length::<4>(tail)?.saturating_add(5)),
            0xc7 => Self::scalar(length::<1>(tail)?.saturating_add(3)),
            0xc8 => Self::scalar(length::<2>(tail)?.saturating_add(4)),
            0xc9 => Self::scalar(length::<4>(tail)?.saturating_add(6)),
            0xcc | 0xd0 => Self::scalar(2),
            0xcd | 0xd1 | 0xd4 => Self::scalar(3),
            0xd5 => Self::scalar(4),
            0xca | 0xce | 0xd2 => Self::scalar(5),
            0xd6 => Self::scalar(6),
            0xcb | 0xcf | 0xd3 => Self::scalar(9),
            0xd7 => Self::scalar(10),
            0xd8 => Self::scalar(18),
            0xdc => Self::container(3, length::<2>(tail)?),
            0xdd => Self::container(5, length::<4>(tail)?),
            0xde => Self::container(3, length::<2>(tail)?.saturating_mul(2)),
            0xdf => Self::container(5, length::<4>(tail)?.saturating_mul(2)),
        })
    }

    fn scalar(bytes: usize) -> Self {
        Self {
            bytes,
            opens: false,
            values: 0,
        }
    }

    fn container(bytes: usize, values: usize) -> Self {
        Self {
            bytes,
            opens: true,
            values,
        }
    }
}

/// The length field of `N` bytes, big-endian, that `tail` begins with.
fn length<const N: usize>(tail: &[u8]) -> Option<usize> {
    let field = tail.first_chunk::<N>()?;
    Some(
        field
            .iter()
            .fold(0, |n, &byte| (n << 8) | usize::from(byte)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(opener: &[u8], depth: usize) -> Vec<u8> {
        [&opener.repeat(depth), &[0xc0][..]].concat()
    }

    #[test]
    fn depth_counts_arrays_and_maps() {
        let openers: [&[u8]; 6] = [
            &[0x91],
            &[0x81, 0x01],
            &[0xdc, 0, 1],
            &[0xdd, 0, 0, 0, 1],
            &[0xde, 0, 1, 0xa1, 0x91],
            &[0xdf, 0, 0, 0, 1, 0xc0],
        ];
        for opener in openers {
            assert!(check_structure(&nested(opener, MAX_DEPTH)).is_ok());
            let error = check_structure(&nested(opener, MAX_DEPTH + 1)).unwrap_err();
            assert!(matches!(error, CodecError::TooDeep), "{opener:x?}");
        }
    }

    #[test]
    fn innermost_empty_array_counts() {
        let empty = |depth| [vec![0x91; depth - 1], vec![0x90]].concat();
        assert!(check_structure(&empty(MAX_DEPTH)).is_ok());
        assert!(check_structure(&empty(MAX_DEPTH + 1)).is_err());
    }

    #[test]
    fn depth_behind_siblings_counts() {
        // `[[1, "\x91", 2], ..]`, where the sibling is itself one level below.
        let opener = [0x92, 0x93, 1, 0xa1, 0x91, 2];
        assert!(check_structure(&nested(&opener, MAX_DEPTH - 1)).is_ok());
        assert!(check_structure(&nested(&opener, MAX_DEPTH)).is_err());
    }

    #[test]
    fn many_shallow_values_pass() {
        let list = [&[0xdc, 0x27, 0x10][..], &[0x91, 0x01].repeat(10_000)].concat();
        assert!(check_structure(&list).is_ok());
    }

    #[test]
    fn every_scalar_is_skipped_whole() {
        #[rustfmt::skip]
        let scalars: [(&[u8], usize); 29] = [
            (&[0xc0], 0), (&[0xc2], 0), (&[0xc3], 0), (&[0x7f], 0), (&[0xe0], 0), (&[0xff], 0),
            (&[0xcc], 1), (&[0xcd], 2), (&[0xce], 4), (&[0xcf], 8),
            (&[0xd0], 1), (&[0xd1], 2), (&[0xd2], 4), (&[0xd3], 8), (&[0xca], 4), (&[0xcb], 8),
            (&[0xa3], 3), (&[0xd9, 3], 3), (&[0xda, 0, 3], 3), (&[0xdb, 0, 0, 0, 3], 3),
            (&[0xc4, 3], 3), (&[0xc5, 0, 3], 3), (&[0xc6, 0, 0, 0, 3], 3),
            (&[0xd4], 2), (&[0xd5], 3), (&[0xd8], 17),
            (&[0xc7, 3], 4), (&[0xc8, 0, 3], 4), (&[0xc9, 0, 0, 0, 3], 4),
        ];
        for (head, body) in scalars {
            // Were the body not skipped, its bytes would open arrays.
            let scalar = [head, &vec![0x91; body]].concat();
            let payload = [&[0xdc, 1, 0][..], &scalar.repeat(256)].concat();
            assert!(walk(&payload).is_ok(), "{head:x?}");
            assert_eq!(
                Item::first_of(&scalar).map(|item| item.bytes),
                Some(scalar.len())
            );
        }
    }

    #[test]
    fn wild_lengths_are_refused() {
        for marker in [0xdc, 0xdd, 0xde, 0xdf] {
            let error = check_structure(&[marker, 0xff, 0xff, 0xff, 0xff]).unwrap_err();
            assert!(matches!(error, CodecError::Decode { .. }));
        }
    }

    #[test]
    fn nested_claims_add_up() {
        // A hundred lists of a hundred, one in the other, in 400 bytes: no list alone claims too much.
        let payload = [&[0xdc, 0, 100][..].repeat(100), &[0xc0; 100][..]].concat();
        let error = walk(&payload).unwrap_err();
        assert!(matches!(error, CodecError::Decode { .. }));
    }

    #[test]
    fn truncated_heads_and_bodies_are_left_to_the_deserializer() {
        for marker in 0..=u8::MAX {
            let _ = walk(&[marker]);
            let _ = walk(&[marker, 0xff]);
            let _ = walk(&[marker, 0xff, 0xff, 0xff, 0xff, 0xff]);
        }
    }
}
