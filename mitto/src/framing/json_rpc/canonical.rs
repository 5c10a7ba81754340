//! Messages in the order that most libraries write, this one among them: read in one pass.
//!
//! What is read here, [`Text::read`](super::message::Text::read) reads as the same message; anything
//! else is left to it.

use super::message::Message;
use super::scan::Scanner;
use crate::codec::plain;

/// The most digits of an id; longer ones are left to the other reader.
const DIGITS: usize = 20;

/// Reads a request or a response whose id is a number, without spaces or other members.
pub(super) fn read(text: &[u8]) -> Option<Message<'_>> {
    let text = text.strip_prefix(br#"{"jsonrpc":"2.0","id":"#)?;
    let (id, text) = text.split_at(digits(text)?);
    if let Some(result) = text.strip_prefix(br#","result":"#) {
        return Some(Message::Response {
            id,
            result: last(result)?,
            extra: None,
        });
    }
    let text = text.strip_prefix(br#","method":"#)?;
    let inside = text.strip_prefix(b"\"")?;
    let length = plain(inside);
    if inside.get(length) != Some(&b'"') {
        return None;
    }
    let (method, text) = text.split_at(length + 2);
    let params = match text.strip_prefix(br#","params":"#) {
        Some(params @ [b'{' | b'[', ..]) => Some(last(params)?),
        None if text == b"}" => None,
        _ => return None,
    };
    Some(Message::Call {
        id: Some(id),
        method,
        params,
        extra: None,
    })
}

/// How many digits the id has.
fn digits(text: &[u8]) -> Option<usize> {
    let digits = text.iter().take(DIGITS + 1);
    let length = digits.take_while(|byte| byte.is_ascii_digit()).count();
    let is_number = length == 1 || length > 1 && text[0] != b'0';
    (is_number && length <= DIGITS).then_some(length)
}

/// The value of the last member.
fn last(text: &[u8]) -> Option<&[u8]> {
    let mut scanner = Scanner::new(text);
    let value = scanner.value().ok()?;
    (scanner.rest() == b"}").then_some(value)
}
