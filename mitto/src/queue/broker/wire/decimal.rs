//! Numbers as text, without memory of their own.

use std::sync::Arc;

/// A number in decimal digits.
pub(in crate::queue::broker) struct Decimal {
    digits: [u8; 20],
    begin: usize,
}

impl Decimal {
    pub(in crate::queue::broker) fn of(number: impl Into<u64>) -> Self {
        let mut rest = number.into();
        let mut digits = [b'0'; 20];
        let mut begin = digits.len();
        for digit in digits.iter_mut().rev() {
            // What is left of a division by 10 is one digit.
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            begin -= 1;
            if rest == 0 {
                break;
            }
        }
        Self { digits, begin }
    }

    pub(in crate::queue::broker) fn as_str(&self) -> &str {
        let digits = self.digits.get(self.begin..).unwrap_or_default();
        std::str::from_utf8(digits).unwrap_or_default()
    }
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
