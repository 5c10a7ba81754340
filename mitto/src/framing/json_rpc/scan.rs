//! Finds where JSON values begin and end, without reading them.
//!
//! It is strict, so that what is refused as no JSON is refused before any of it is run; and it keeps
//! its place in nested values in one number, so that no depth costs stack or memory.

use crate::codec::{MAX_DEPTH, plain};

/// A place in a JSON text.
#[derive(Clone, Debug)]
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

/// Why a text is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    /// What is there is no JSON.
    #[error("no JSON at byte {0}")]
    At(usize),
    /// A value nests deeper than any message may.
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

/// The containers around a place.
#[derive(Default)]
struct Nesting {
    is_object: bool,
    /// What those around the innermost one are: one bit each, the next one lowest.
    outer: u128,
    depth: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// The next byte that is no space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        self.at = spaces(self.text, self.at);
        self.text.get(self.at).copied()
    }

    /// Passes this byte, if it is next.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Passes this byte, which must be next.
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        match self.take(byte) {
            true => Ok(()),
            false => Err(Malformed::At(self.at)),
        }
    }

    /// Passes a value, and gives back its text.
    pub(super) fn value(&mut self) -> Result<&'a [u8], Malformed> {
        self.peek();
        let start = self.at;
        self.at = value(self.text, start)?;
        Ok(&self.text[start..self.at])
    }

    /// Passes the key of a member and the colon behind it, and gives back the key with its quotes.
    pub(super) fn key(&mut self) -> Result<&'a [u8], Malformed> {
        self.peek();
        let start = self.at;
        self.at = string(self.text, start)?;
        let key = &self.text[start..self.at];
        self.expect(b':')?;
        Ok(key)
    }

    /// What is left, as it is.
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    /// Nothing may follow.
    pub(super) fn end(&mut self) -> Result<(), Malformed> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(Malformed::At(self.at)),
        }
    }
}

// Each of these passes what stands at a place, and gives the place behind it. They are no methods: the
// place stays in a register.

fn value(text: &[u8], start: usize) -> Result<usize, Malformed> {
    let mut around = Nesting::default();
    let mut at = spaces(text, start);
    loop {
        match text.get(at) {
            Some(b'"') => at = string(text, at)?,
            Some(open @ (b'{' | b'[')) => {
                around.enter(*open == b'{')?;
                at = spaces(text, at + 1);
                if text.get(at) != Some(&around.close()) {
                    if around.is_object {
                        at = key(text, at)?;
                    }
                    continue;
                }
                around.leave();
                at += 1;
            }
            _ => at = scalar(text, at)?,
        }
        while around.depth > 0 {
            at = spaces(text, at);
            if text.get(at) == Some(&b',') {
                at = spaces(text, at + 1);
                if around.is_object {
                    at = key(text, at)?;
                }
                break;
            }
            at = byte(text, at, around.close())?;
            around.leave();
        }
        if around.depth == 0 {
            return Ok(at);
        }
    }
}

/// The key of a member, up to the value.
#[inline]
fn key(text: &[u8], at: usize) -> Result<usize, Malformed> {
    let at = string(text, at)?;
    let at = byte(text, spaces(text, at), b':')?;
    Ok(spaces(text, at))
}

#[inline]
fn spaces(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\t' | b'\r') = text.get(at) {
        at += 1;
    }
    at
}

#[inline]
fn byte(text: &[u8], at: usize, byte: u8) -> Result<usize, Malformed> {
    match text.get(at) == Some(&byte) {
        true => Ok(at + 1),
        false => Err(Malformed::At(at)),
    }
}

#[inline(always)]
fn string(text: &[u8], start: usize) -> Result<usize, Malformed> {
    let mut at = byte(text, start, b'"')?;
    loop {
        at += plain(text.get(at..).unwrap_or_default());
        match text.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at = escape(text, at + 1)?,
            _ => return Err(Malformed::At(at)),
        }
    }
}

fn escape(text: &[u8], at: usize) -> Result<usize, Malformed> {
    match text.get(at) {
        Some(b'u') => {
            let digits = text[at + 1..].iter().take(4);
            let right = digits.take_while(|byte| byte.is_ascii_hexdigit()).count();
            match right {
                4 => Ok(at + 5),
                _ => Err(Malformed::At(at + 1 + right)),
            }
        }
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 1),
        _ => Err(Malformed::At(at)),
    }
}

fn scalar(text: &[u8], at: usize) -> Result<usize, Malformed> {
    match text.get(at) {
        Some(b'-' | b'0'..=b'9') => number(text, at),
        Some(b't') => word(text, at, b"true"),
        Some(b'f') => word(text, at, b"false"),
        Some(b'n') => word(text, at, b"null"),
        _ => Err(Malformed::At(at)),
    }
}

fn word(text: &[u8], at: usize, word: &[u8]) -> Result<usize, Malformed> {
    match text[at..].starts_with(word) {
        true => Ok(at + word.len()),
        false => Err(Malformed::At(at)),
    }
}

fn number(text: &[u8], start: usize) -> Result<usize, Malformed> {
    let mut at = start + usize::from(text[start] == b'-');
    at = match text.get(at) {
        Some(b'0') => at + 1,
        _ => digits(text, at)?,
    };
    if text.get(at) == Some(&b'.') {
        at = digits(text, at + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        at += 1;
        at += usize::from(matches!(text.get(at), Some(b'+' | b'-')));
        at = digits(text, at)?;
    }
    Ok(at)
}

#[inline]
fn digits(text: &[u8], start: usize) -> Result<usize, Malformed> {
    let mut at = start;
    while text.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    match at > start {
        true => Ok(at),
        false => Err(Malformed::At(at)),
    }
}

impl Nesting {
    #[inline]
    fn enter(&mut self, is_object: bool) -> Result<(), Malformed> {
        if self.depth == MAX_DEPTH {
            return Err(Malformed::TooDeep);
        }
        self.outer = self.outer << 1 | u128::from(self.is_object);
        self.is_object = is_object;
        self.depth += 1;
        Ok(())
    }

    #[inline]
    fn leave(&mut self) {
        self.is_object = self.outer & 1 == 1;
        self.outer >>= 1;
        self.depth -= 1;
    }

    #[inline]
    fn close(&self) -> u8 {
        match self.is_object {
            true => b'}',
            false => b']',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_json(text: &str) -> bool {
        let mut scanner = Scanner::new(text.as_bytes());
        scanner.value().and_then(|_| scanner.end()).is_ok()
    }

    #[test]
    fn what_serde_json_takes_is_taken_and_nothing_else() {
        for text in [
            "",
            " ",
            "{}",
            "[]",
            "[1,2]",
            "[1,]",
            "[,1]",
            "{\"a\":1}",
            "{\"a\":1,}",
            "{\"a\"}",
            "{a:1}",
            "{\"a\":{\"b\":[{},[],[[]]]}}",
            "[}",
            "{]",
            "]",
            "1",
            "-1",
            "-",
            "01",
            "1.",
            "1.5",
            ".5",
            "1e5",
            "1e",
            "1E+5",
            "1e-",
            "\"\"",
            "\"a",
            "\"\\n\"",
            "\"\\x\"",
            "\"\\u12aF\"",
            "\"\\u12a\"",
            "\"a\u{1}b\"",
            "\"eight bytes and more\"",
            "\"eight by\u{1f}tes\"",
            "\"gr\u{fc}ezi, \u{4e16}\"",
            "true",
            "tru",
            "truer",
            "false",
            "null",
            "nulls",
            "[true false]",
            "{\"a\":1 \"b\":2}",
            "[1] 2",
            " [ 1 , { \"a\" : null } ] ",
            "{\"a\":1,\"a\":2}",
            "{\"\\u0061\":1}",
            "+1",
            "NaN",
        ] {
            let taken = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(is_json(text), taken, "{text}");
        }
    }

    #[test]
    fn changed_texts_are_taken_as_by_serde_json() {
        let parts = b"{}[]\",:\\ \n01-.eEntu/\x01\x80";
        let mut seed = 1_u64;
        let mut below = |n: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as usize % n
        };
        for _ in 0..50_000 {
            let mut text =
                br#"{"a":[1,-2.5e3,"b\u00e9\n"],"cccccccccc":{},"d":[true,null]} "#.to_vec();
            for _ in 0..=below(3) {
                let at = below(text.len());
                match below(3) {
                    0 => drop(text.remove(at)),
                    1 => text.insert(at, parts[below(parts.len())]),
                    _ => text[at] = parts[below(parts.len())],
                }
            }
            let mut scanner = Scanner::new(&text);
            let taken = scanner.value().and_then(|_| scanner.end()).is_ok();
            let other = serde_json::from_slice::<serde::de::IgnoredAny>(&text).is_ok();
            assert_eq!(taken, other, "{}", String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(is_json(&nested(MAX_DEPTH)));
        let deep = nested(MAX_DEPTH + 1);
        let error = Scanner::new(deep.as_bytes()).value().unwrap_err();
        assert_eq!(error, Malformed::TooDeep);
    }
}
