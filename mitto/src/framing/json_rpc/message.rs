//! What a text is: a request, a notification, a response, or nothing of these; or an array of such.

use super::id::is_id;
use super::members::unescape;
use super::scan::{Malformed, Scanner};

/// The most messages of one array.
pub(super) const BATCH: usize = 128;

/// A whole text.
pub(super) enum Text<'a> {
    One(Message<'a>),
    Batch(Vec<Message<'a>>),
    /// An array with more messages than are taken.
    TooMany,
}

/// One message, with the texts of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message<'a> {
    /// A request, or a notification when it has no id.
    Call {
        id: Option<&'a [u8]>,
        method: &'a [u8],
        params: Option<&'a [u8]>,
        /// What is said in the member `mitto`.
        extra: Option<&'a [u8]>,
    },
    Response {
        id: &'a [u8],
        result: &'a [u8],
        extra: Option<&'a [u8]>,
    },
    Failure {
        id: &'a [u8],
        error: &'a [u8],
        extra: Option<&'a [u8]>,
    },
    /// None of these.
    Invalid {
        id: Option<&'a [u8]>,
        why: &'static str,
    },
}

/// The members of one object that mean something.
#[derive(Default)]
struct Members<'a> {
    version: Option<&'a [u8]>,
    id: Option<&'a [u8]>,
    method: Option<&'a [u8]>,
    params: Option<&'a [u8]>,
    result: Option<&'a [u8]>,
    error: Option<&'a [u8]>,
    extra: Option<&'a [u8]>,
}

impl<'a> Text<'a> {
    /// Reads a whole text before any of it is run: half an array must not be.
    pub(super) fn read(text: &'a [u8]) -> Result<Self, Malformed> {
        let mut scanner = Scanner::new(text);
        if !scanner.take(b'[') {
            let one = Message::read(&mut scanner)?;
            scanner.end()?;
            return Ok(Self::One(one));
        }
        let mut all = Vec::new();
        if !scanner.take(b']') {
            loop {
                if all.len() == BATCH {
                    return Ok(Self::TooMany);
                }
                all.push(Message::read(&mut scanner)?);
                if !scanner.take(b',') {
                    break;
                }
            }
            scanner.expect(b']')?;
        }
        scanner.end()?;
        Ok(Self::Batch(all))
    }
}

impl<'a> Message<'a> {
    /// Whether an answer is due.
    pub(super) fn is_answered(&self) -> bool {
        matches!(self, Self::Call { id: Some(_), .. } | Self::Invalid { .. })
    }

    fn read(scanner: &mut Scanner<'a>) -> Result<Self, Malformed> {
        if scanner.peek() == Some(b'{') {
            return Members::read(scanner).map(|members| Self::of(&members));
        }
        scanner.value()?;
        Ok(Self::Invalid {
            id: None,
            why: "a message is an object",
        })
    }

    fn of(members: &Members<'a>) -> Self {
        let id = members.id.filter(|id| is_id(id));
        let invalid = |why| Self::Invalid { id, why };
        let is_version =
            |text: &[u8]| text == b"\"2.0\"" || unescape(text).is_some_and(|v| v == "2.0");
        if !members.version.is_some_and(is_version) {
            return invalid("the member `jsonrpc` must be \"2.0\"");
        }
        if members.id.is_some() && id.is_none() {
            return invalid("an id is a text or a number, of at most 128 bytes, or null");
        }
        match (members.method, members.result, members.error) {
            (Some([b'"', ..]), ..) => {}
            (Some(_), ..) => return invalid("the member `method` must be a text"),
            (None, Some(result), None) => {
                return id.map_or(invalid("a response without an id"), |id| Self::Response {
                    id,
                    result,
                    extra: members.extra,
                });
            }
            // Some libraries write `result: null` beside an error.
            (None, _, Some(error)) => {
                return id.map_or(invalid("a response without an id"), |id| Self::Failure {
                    id,
                    error,
                    extra: members.extra,
                });
            }
            (None, None, None) => return invalid("the member `method` is missing"),
        }
        let params = members.params.filter(|params| *params != b"null");
        match (members.method, params) {
            (Some(method), None | Some([b'{' | b'[', ..])) => Self::Call {
                id,
                method,
                params,
                extra: members.extra,
            },
            _ => invalid("the member `params` must be an object or an array"),
        }
    }
}

impl<'a> Members<'a> {
    fn read(scanner: &mut Scanner<'a>) -> Result<Self, Malformed> {
        let mut members = Self::default();
        scanner.expect(b'{')?;
        if scanner.take(b'}') {
            return Ok(members);
        }
        loop {
            let key = scanner.key()?;
            let value = Some(scanner.value()?);
            if let Some(member) = members.named(key) {
                *member = value;
            }
            if !scanner.take(b',') {
                break;
            }
        }
        scanner.expect(b'}')?;
        Ok(members)
    }

    fn named(&mut self, key: &[u8]) -> Option<&mut Option<&'a [u8]>> {
        match key {
            b"\"jsonrpc\"" => Some(&mut self.version),
            b"\"id\"" => Some(&mut self.id),
            b"\"method\"" => Some(&mut self.method),
            b"\"params\"" => Some(&mut self.params),
            b"\"result\"" => Some(&mut self.result),
            b"\"error\"" => Some(&mut self.error),
            b"\"mitto\"" => Some(&mut self.extra),
            _ if key.contains(&b'\\') => {
                let plain = format!("\"{}\"", unescape(key)?);
                // Once only: what an escape may have been is no escape any more.
                match plain.contains('\\') {
                    false => self.named(plain.as_bytes()),
                    true => None,
                }
            }
            _ => None,
        }
    }
}
