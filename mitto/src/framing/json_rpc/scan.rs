//! Finds where JSON values begin and end, without reading them.
//!
//! It is strict, so that what is refused as no JSON is refused before any of it is run; and it keeps
//! its place in nested values in one number, so that no depth costs stack or memory.

use std::borrow::Cow;

use crate::codec::MAX_DEPTH;

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

/// The kinds of the containers around a place: one bit each, the innermost one lowest.
#[derive(Default)]
struct Nesting {
    objects: u128,
    depth: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// The next byte that is no space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.text.get(self.at) {
            self.at += 1;
        }
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
            false => Err(self.malformed()),
        }
    }

    /// Passes a value, and gives back its text.
    pub(super) fn value(&mut self) -> Result<&'a [u8], Malformed> {
        self.peek();
        let start = self.at;
        let mut nesting = Nesting::default();
        loop {
            let opened = match self.peek() {
                Some(open @ (b'{' | b'[')) => {
                    self.at += 1;
                    nesting.enter(open == b'{')?;
                    true
                }
                _ => {
                    self.scalar()?;
                    false
                }
            };
            if !self.next_value(&mut nesting, opened)? {
                return Ok(&self.text[start..self.at]);
            }
        }
    }

    /// Passes what stands between two values; `false` when the outermost one is complete.
    fn next_value(&mut self, nesting: &mut Nesting, opened: bool) -> Result<bool, Malformed> {
        let mut opened = opened;
        while nesting.depth > 0 {
            let in_object = nesting.objects & 1 == 1;
            let close = if in_object { b'}' } else { b']' };
            if self.take(close) {
                nesting.leave();
                opened = false;
                continue;
            }
            if !opened {
                self.expect(b',')?;
            }
            if in_object {
                self.key()?;
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Passes the key of a member and the colon behind it, and gives back the key with its quotes.
    pub(super) fn key(&mut self) -> Result<&'a [u8], Malformed> {
        self.peek();
        let start = self.at;
        self.string()?;
        let key = &self.text[start..self.at];
        self.expect(b':')?;
        Ok(key)
    }

    /// Nothing may follow.
    pub(super) fn end(&mut self) -> Result<(), Malformed> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.malformed()),
        }
    }

    fn scalar(&mut self) -> Result<(), Malformed> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            _ => Err(self.malformed()),
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Malformed> {
        match self.text[self.at..].starts_with(word) {
            true => {
                self.at += word.len();
                Ok(())
            }
            false => Err(self.malformed()),
        }
    }

    fn string(&mut self) -> Result<(), Malformed> {
        self.step(|byte| byte == b'"')?;
        loop {
            self.at += plain(&self.text[self.at..]);
            match self.text.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                _ => return Err(self.malformed()),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Malformed> {
        if self.text.get(self.at) == Some(&b'u') {
            self.at += 1;
            for _ in 0..4 {
                self.step(|byte| byte.is_ascii_hexdigit())?;
            }
            return Ok(());
        }
        self.step(|byte| b"\"\\/bfnrt".contains(&byte))
    }

    fn number(&mut self) -> Result<(), Malformed> {
        self.at += usize::from(self.text[self.at] == b'-');
        match self.text.get(self.at) {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.text.get(self.at) {
            self.at += 1;
            self.at += usize::from(matches!(self.text.get(self.at), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        self.step(|byte| byte.is_ascii_digit())?;
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        Ok(())
    }

    fn step(&mut self, is_right: impl Fn(u8) -> bool) -> Result<(), Malformed> {
        match self.text.get(self.at) {
            Some(byte) if is_right(*byte) => {
                self.at += 1;
                Ok(())
            }
            _ => Err(self.malformed()),
        }
    }

    fn malformed(&self) -> Malformed {
        Malformed::At(self.at)
    }
}

impl Nesting {
    fn enter(&mut self, object: bool) -> Result<(), Malformed> {
        if self.depth == MAX_DEPTH {
            return Err(Malformed::TooDeep);
        }
        self.objects = self.objects << 1 | u128::from(object);
        self.depth += 1;
        Ok(())
    }

    fn leave(&mut self) {
        self.objects >>= 1;
        self.depth -= 1;
    }
}

/// Hands each member of an object that was scanned before to `each`. Nothing else has members.
pub(super) fn members<'a>(object: &'a [u8], mut each: impl FnMut(&str, &'a [u8])) {
    let mut scanner = Scanner::new(object);
    if !scanner.take(b'{') || scanner.take(b'}') {
        return;
    }
    while let (Ok(key), Ok(value)) = (scanner.key(), scanner.value()) {
        if let Some(key) = unescape(key) {
            each(&key, value);
        }
        if !scanner.take(b',') {
            return;
        }
    }
}

/// The item of an array that has one only.
pub(super) fn only_item(array: &[u8]) -> Option<&[u8]> {
    let mut scanner = Scanner::new(array);
    scanner.take(b'[').then_some(())?;
    let item = scanner.value().ok()?;
    scanner.take(b']').then_some(item)
}

/// The text of a string that was scanned before, and of nothing else.
pub(super) fn unescape(string: &[u8]) -> Option<Cow<'_, str>> {
    let inside = string.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    match inside.contains(&b'\\') {
        false => std::str::from_utf8(inside).ok().map(Cow::Borrowed),
        true => serde_json::from_slice(string).ok().map(Cow::Owned),
    }
}

/// How many bytes of a string stand for themselves.
fn plain(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(eight) = text[at..].first_chunk::<8>() {
        if has_special(u64::from_le_bytes(*eight)) {
            break;
        }
        at += 8;
    }
    let is_plain = |byte: &u8| !matches!(byte, b'"' | b'\\' | 0..0x20);
    at + text[at..].iter().take_while(|byte| is_plain(byte)).count()
}

/// Whether one of eight bytes is a quote, a backslash or a control character.
fn has_special(eight: u64) -> bool {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    // Nonzero if a byte is below `n`, for bytes without the high bit; other bytes are taken out.
    let below = |eight: u64, n: u64| eight.wrapping_sub(ONES * n) & !eight & HIGHS;
    let is = |byte: u8| below(eight ^ (ONES * u64::from(byte)), 1);
    below(eight, 0x20) | is(b'"') | is(b'\\') != 0
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
    fn depth_is_bounded() {
        let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(is_json(&nested(MAX_DEPTH)));
        let deep = nested(MAX_DEPTH + 1);
        let error = Scanner::new(deep.as_bytes()).value().unwrap_err();
        assert_eq!(error, Malformed::TooDeep);
    }

    #[test]
    fn members_are_found_by_their_unescaped_names() {
        let mut found = Vec::new();
        members(br#" { "a" : [1] , "\u0062" : "x" } "#, |key, value| {
            found.push((key.to_owned(), value));
        });
        assert_eq!(found, [("a".into(), &b"[1]"[..]), ("b".into(), b"\"x\"")]);
    }
}
