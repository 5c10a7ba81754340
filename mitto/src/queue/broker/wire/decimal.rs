//! Numbers as text, without memory of their own.

use std::str::FromStr;
use std::sync::Arc;

/// A number in decimal digits, or two.
pub(in crate::queue::broker) struct Decimal {
    digits: [u8; Self::MOST],
    begin: usize,
}

impl Decimal {
    /// Two numbers and what is between them.
    const MOST: usize = 41;

    pub(in crate::queue::broker) fn of(number: impl Into<u64>) -> Self {
        let mut text = Self::nothing();
        text.put(number.into());
        text
    }

    /// Two with a dot between them.
    pub(in crate::queue::broker) fn pair(first: u64, second: u64) -> Self {
        let mut text = Self::nothing();
        text.put(second);
        text.byte(b'.');
        text.put(first);
        text
    }

    fn nothing() -> Self {
        Self {
            digits: [0; Self::MOST],
            begin: Self::MOST,
        }
    }

    /// Puts a number before what is there.
    fn put(&mut self, mut number: u64) {
        loop {
            // What is left of a division by 10 is one digit.
            self.byte(b'0' + (number % 10) as u8);
            number /= 10;
            if number == 0 {
                break;
            }
        }
    }

    fn byte(&mut self, byte: u8) {
        if let Some(begin) = self.begin.checked_sub(1)
            && let Some(place) = self.digits.get_mut(begin)
        {
            (*place, self.begin) = (byte, begin);
        }
    }

    pub(in crate::queue::broker) fn as_str(&self) -> &str {
        let digits = self.digits.get(self.begin..).unwrap_or_default();
        std::str::from_utf8(digits).unwrap_or_default()
    }
}

/// A number out of a text.
pub(in crate::queue::broker) fn parse<N: TryFrom<u64> + FromStr>(text: &str) -> Option<N> {
    // So many digits cannot be too large.
    const SAFE: usize = 19;
    let (safe, rest) = text.split_at_checked(SAFE).unwrap_or((text, ""));
    let mut number = 0;
    for byte in safe.bytes() {
        match byte {
            b'0'..=b'9' => number = number * 10 + u64::from(byte - b'0'),
            // It may begin with a plus.
            _ => return text.parse().ok(),
        }
    }
    match rest.as_bytes() {
        [] if safe.is_empty() => return None,
        [] => {}
        [last @ b'0'..=b'9'] => {
            number = number
                .checked_mul(10)?
                .checked_add(u64::from(last - b'0'))?;
        }
        _ => return text.parse().ok(),
    }
    N::try_from(number).ok()
}

/// Short texts one behind the other, as one.
pub(in crate::queue::broker) fn joined(parts: &[&str]) -> Arc<str> {
    let mut text = [0; 64];
    let mut end = 0;
    for part in parts {
        let begin = end;
        end += part.len();
        match text.get_mut(begin..end) {
            Some(place) => place.copy_from_slice(part.as_bytes()),
            None => return parts.concat().into(),
        }
    }
    let text = text.get(..end).unwrap_or_default();
    std::str::from_utf8(text).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_number() {
        for number in [0, 1, 9, 10, 1_764_000_000_000, u64::MAX] {
            assert_eq!(Decimal::of(number).as_str(), number.to_string());
            let two = format!("{number}.{}", u64::MAX);
            assert_eq!(Decimal::pair(number, u64::MAX).as_str(), two);
            assert_eq!(parse(&number.to_string()), Some(number));
        }
    }

    #[test]
    fn numbers_are_what_the_standard_library_takes_for_one() {
        for text in [
            "",
            "+",
            "-1",
            "+7",
            "007",
            "256",
            "7a",
            "é",
            "999999999999999999é",
            "9999999999999999999",
            "18446744073709551615",
            "18446744073709551616",
            "1844674407370955161x",
            "00000000000000000000000000007",
        ] {
            assert_eq!(parse::<u64>(text), text.parse().ok(), "{text}");
            assert_eq!(parse::<u8>(text), text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn what_is_joined_has_all_parts() {
        let long = "x".repeat(60);
        for parts in [
            ["7", ".", "4294967295"],
            ["", "", ""],
            [&long, "-", "18446"],
        ] {
            assert_eq!(*joined(&parts), *parts.concat());
        }
    }
}
