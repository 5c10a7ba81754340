//! The ids of the other end, as they were written; and our own.

use std::fmt;

use crate::envelope::CorrelationId;

/// The longest id that is taken, in bytes as it is written.
const LONGEST: usize = 128;
/// The bytes that an id may have without memory of its own.
const INLINE: usize = 30;

/// The text of an id: a JSON string or number, or `null`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Id(Text);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Text {
    Short([u8; INLINE], u8),
    Long(Box<[u8]>),
}

impl Id {
    pub(super) fn new(text: &[u8]) -> Self {
        let mut short = [0; INLINE];
        match short.get_mut(..text.len()) {
            Some(bytes) => {
                bytes.copy_from_slice(text);
                Self(Text::Short(short, text.len() as u8))
            }
            None => Self(Text::Long(text.into())),
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Text::Short(bytes, length) => &bytes[..usize::from(*length)],
            Text::Long(bytes) => bytes,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        self.as_bytes() == b"null"
    }
}

impl Default for Id {
    fn default() -> Self {
        Self::new(b"null")
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_bytes().escape_ascii())
    }
}

/// Whether a value may be an id.
pub(super) fn is_id(value: &[u8]) -> bool {
    let is_right = matches!(value, [b'"' | b'-' | b'0'..=b'9', ..] | b"null");
    // It goes back as it came, and not every transport looks whether texts are UTF-8.
    is_right && value.len() <= LONGEST && std::str::from_utf8(value).is_ok()
}

/// The number by which the other end knows a request of ours, or a stream that we send it: it fits into
/// the 53 bits that JavaScript keeps.
pub(super) fn number(id: CorrelationId) -> u64 {
    u64::from(id.generation()) << 16 | u64::from(id.slot() & 0xffff)
}

/// Reads what [`number`] made. Any other value belongs to nothing.
pub(super) fn correlation(value: &[u8]) -> CorrelationId {
    let split = |number: u64| {
        let generation = u32::try_from(number >> 16).ok()?;
        Some(CorrelationId::new(number as u32 & 0xffff, generation))
    };
    read_number(value)
        .and_then(split)
        .unwrap_or(CorrelationId::NONE)
}

/// Reads a number of as many digits as surely fit, which are more than any of ours has.
fn read_number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 19 {
        return None;
    }
    let mut number = 0;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + u64::from(digit);
    }
    Some(number)
}

/// Writes a number in decimal.
pub(super) fn write_number(number: u64, out: &mut Vec<u8>) {
    let digit = |number: u64| b'0' + (number % 10) as u8;
    let mut digits = [0; 20];
    let mut left = number;
    let mut start = digits.len();
    // Two at once halve the divisions that wait for each other.
    while left >= 10 {
        start -= 2;
        let two = left % 100;
        digits[start] = digit(two / 10);
        digits[start + 1] = digit(two);
        left /= 100;
    }
    if left > 0 || number == 0 {
        start -= 1;
        digits[start] = digit(left);
    }
    out.extend_from_slice(&digits[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_requests_are_read_back() {
        for id in [(0, 1), (7, 3), (65_535, u32::MAX)] {
            let id = CorrelationId::new(id.0, id.1);
            let mut text = Vec::new();
            write_number(number(id), &mut text);
            assert_eq!(correlation(&text), id);
        }
        for text in ["null", "\"1\"", "-1", "1.0", "18446744073709551615"] {
            assert!(correlation(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn ids_keep_their_text() {
        for text in ["1", "\"a\"", "null", &format!("\"{}\"", "x".repeat(100))] {
            assert_eq!(Id::new(text.as_bytes()).as_bytes(), text.as_bytes());
        }
    }
}
