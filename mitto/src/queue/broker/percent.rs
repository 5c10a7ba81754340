//! Percent-encoding, where a broker takes less than a text may hold.

use std::borrow::Cow;

/// With `%` and two hexadecimal digits for each byte of the characters that are to be escaped.
pub(super) fn encoded(text: &str, escape: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&escape) {
        return Cow::Borrowed(text);
    }
    let mut encoded = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match escape(letter) {
            true => {
                for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
                    encoded.push_str(&format!("%{byte:02X}"));
                }
            }
            false => encoded.push(letter),
        }
    }
    Cow::Owned(encoded)
}

/// What is not UTF-8 then is replaced.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    match text.contains('%') {
        true => Cow::Owned(String::from_utf8_lossy(&bytes(text)).into_owned()),
        false => Cow::Borrowed(text),
    }
}

/// A percent sign without two hexadecimal digits stays.
pub(super) fn bytes(text: &str) -> Vec<u8> {
    let mut text = text.as_bytes();
    let mut bytes = Vec::with_capacity(text.len());
    while let [first, rest @ ..] = text {
        text = rest;
        match (first, rest) {
            (b'%', [high, low, rest @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                bytes.push(digit(*high) << 4 | digit(*low));
                text = rest;
            }
            _ => bytes.push(*first),
        }
    }
    bytes
}

fn digit(hexadecimal: u8) -> u8 {
    match hexadecimal {
        b'0'..=b'9' => hexadecimal - b'0',
        letter => (letter.to_ascii_lowercase() - b'a') + 10,
    }
}
