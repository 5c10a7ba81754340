//! Reads values whose extent is known.

use std::borrow::Cow;

use super::scan::Scanner;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_by_their_unescaped_names() {
        let mut found = Vec::new();
        members(br#" { "a" : [1] , "\u0062" : "x" } "#, |key, value| {
            found.push((key.to_owned(), value));
        });
        assert_eq!(found, [("a".into(), &b"[1]"[..]), ("b".into(), b"\"x\"")]);
    }
}
