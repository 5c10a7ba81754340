use std::borrow::Cow;
use std::fmt::Write;

use crate::codec::failure::Failure;

const LONGEST: usize = 64;

/// Whether `name` can be a tag as it is: plain ASCII, so that nobody has to know XML's tables.
pub(super) fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        && name.len() <= LONGEST
        && !name
            .get(..3)
            .is_some_and(|start| start.eq_ignore_ascii_case("xml"))
}

/// Whether XML can carry `c`, be it as a reference.
pub(super) fn is_allowed(c: char) -> bool {
    !matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}')
}

/// Writes `\` and the characters that XML cannot carry, or not in an attribute, as `\\` and `\u0000`.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c != '\\' && !c.is_ascii_control() && is_allowed(c);
    if text.chars().all(plain) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c == '\\' {
            escaped.push_str("\\\\");
        } else if plain(c) {
            escaped.push(c);
        } else {
            write!(escaped, "\\u{:04x}", u32::from(c)).expect("a String takes all");
        }
    }
    escaped.into()
}

/// The text that [`escape`] made into `text`.
pub(super) fn unescape(text: &str) -> Result<Cow<'_, str>, Failure> {
    let mut pieces = text.split('\\');
    let first = pieces.next().unwrap_or_default();
    if first.len() == text.len() {
        return Ok(text.into());
    }
    let mut plain = first.to_owned();
    while let Some(piece) = pieces.next() {
        if piece.is_empty() {
            plain.push('\\');
            plain.push_str(pieces.next().ok_or_else(bad_escape)?);
            continue;
        }
        let (digits, rest) = piece
            .strip_prefix('u')
            .and_then(|rest| rest.split_at_checked(4))
            .ok_or_else(bad_escape)?;
        let all_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let c = u32::from_str_radix(digits, 16).ok().filter(|_| all_digits);
        plain.push(c.and_then(char::from_u32).ok_or_else(bad_escape)?);
        plain.push_str(rest);
    }
    Ok(plain.into())
}

#[cold]
fn bad_escape() -> Failure {
    Failure::new(
        "a backslash is not followed by a second one, nor by `u` and the four hexadecimal digits of a character",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for name in ["a", "_1", "order-line", "a.b", "Ping"] {
            assert!(is_name(name), "{name}");
        }
        let long = "a".repeat(65);
        for name in [
            "", "1", "a b", "a:b", "é", "xmlns", "XML", "a\0", "-a", &long,
        ] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn escapes_come_back() {
        for text in [
            "",
            "plain",
            "\\",
            "\\\\",
            "\0",
            "a\0\\u0000\u{ffff}\\",
            "\\u",
            "é\u{1f}",
        ] {
            assert_eq!(unescape(&escape(text)).expect("just escaped"), text);
        }
        assert_eq!(escape("a\\\0\n"), "a\\\\\\u0000\\u000a");
    }

    #[test]
    fn broken_escapes_are_refused() {
        for text in [
            "\\", "a\\", "\\\\\\", "\\x", "\\u", "\\u00", "\\u00g0", "\\u+041", "\\ud800", "\\u00é",
        ] {
            assert!(unescape(text).is_err(), "{text}");
        }
    }
}
