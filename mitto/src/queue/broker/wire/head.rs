//! The library's own names and values in one short text, for brokers where each header costs.
//! The docs of `wire` have the letters.

use std::borrow::Cow;
use std::fmt::Write;

use super::decimal::Decimal;
use super::name::Name;
use super::{content_type, format, known};
use crate::codec::Format;

/// The longest value that has a place in it.
const MOST: usize = 128;

/// Writes a field behind the first `begun` bytes of `head` and the fields there, behind `mark` if it is the first.
/// False where it has no place.
pub(in crate::queue::broker) fn put(
    head: &mut String,
    begun: usize,
    mark: &str,
    name: Name<'_>,
    value: &str,
) -> bool {
    let Some(letter) = letter(name) else {
        return false;
    };
    let number = match name {
        Name::ContentType => format(value).map(|format| Decimal::of(format.number())),
        _ => None,
    };
    let value = match (name, &number) {
        (Name::ContentType, None) => return false,
        (Name::ContentType, Some(number)) => number.as_str(),
        (Name::Idempotent, _) => "",
        _ => value,
    };
    if value.len() > MOST {
        return false;
    }
    match head.len() == begun {
        true => head.push_str(mark),
        false => head.push(','),
    }
    head.push(letter);
    match name {
        Name::Type | Name::Id | Name::ReplyTo | Name::Address => escape(head, value),
        // A number, or a word of the library's own.
        _ => head.push_str(value),
    }
    true
}

fn letter(name: Name<'_>) -> Option<char> {
    Some(match name {
        Name::Kind => 'k',
        Name::Type => 't',
        Name::TypeId => 'n',
        Name::Id => 'i',
        Name::ReplyTo => 'r',
        Name::ContentType => 'f',
        Name::Idempotent => 'o',
        Name::Expires => 'x',
        Name::Address => 'a',
        Name::Hops => 'h',
        Name::Window => 'w',
        Name::Peer => 'p',
        Name::Status => 's',
        Name::Credit => 'c',
        Name::Correlation | Name::Identity | Name::Signature | Name::Other(_) => return None,
    })
}

/// Hands a head's fields to `put`, by name, as they came: nobody has looked at where answers are to go.
pub(in crate::queue::broker) fn read(head: &str, mut put: impl FnMut(Name<'_>, &str)) {
    let is_escaped = head.as_bytes().contains(&b'%');
    for field in fields(head) {
        let Some((letter, value)) = field.split_at_checked(1) else {
            continue;
        };
        let value = match is_escaped {
            true => unescaped(value),
            false => Cow::Borrowed(value),
        };
        let name = match letter.as_bytes() {
            b"k" => Name::Kind,
            b"t" => Name::Type,
            b"n" => Name::TypeId,
            b"i" => Name::Id,
            b"r" => Name::ReplyTo,
            b"x" => Name::Expires,
            b"a" => Name::Address,
            b"h" => Name::Hops,
            b"w" => Name::Window,
            b"p" => Name::Peer,
            b"s" => Name::Status,
            b"c" => Name::Credit,
            b"o" => {
                put(Name::Idempotent, "true");
                continue;
            }
            b"f" => {
                put_format(&value, &mut put);
                continue;
            }
            _ => continue,
        };
        put(name, &value);
    }
}

fn put_format(number: &str, put: &mut impl FnMut(Name<'_>, &str)) {
    let known_number = number.parse().ok().filter(|number| *number != 0);
    let Some(format) = known_number.map(Format::from_wire) else {
        return put(Name::ContentType, number);
    };
    match known(format) {
        Some(known) => put(Name::ContentType, known),
        None => put(Name::ContentType, &content_type(format)),
    }
}

/// The pieces between commas. A loop over bytes, as they are short.
fn fields(head: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(head);
    std::iter::from_fn(move || {
        let text = rest?;
        let at = text.bytes().position(|byte| byte == b',');
        let Some(at) = at else {
            rest = None;
            return Some(text);
        };
        rest = text.get(at + 1..);
        text.get(..at)
    })
}

/// The same without the field of this name.
#[cfg(feature = "rabbitmq")]
pub(in crate::queue::broker) fn without(head: &str, name: Name<'_>) -> String {
    let mut kept = String::new();
    for field in fields(head) {
        let mut is_it = false;
        read(field, |of, _| is_it = of == name);
        if !is_it {
            if !kept.is_empty() {
                kept.push(',');
            }
            kept.push_str(field);
        }
    }
    kept
}

fn escape(head: &mut String, value: &str) {
    if value.bytes().all(is_plain) {
        return head.push_str(value);
    }
    for byte in value.bytes() {
        match is_plain(byte) {
            true => head.push(char::from(byte)),
            false => {
                let _ = write!(head, "%{byte:02X}");
            }
        }
    }
}

fn unescaped(value: &str) -> Cow<'_, str> {
    if !value.contains('%') {
        return Cow::Borrowed(value);
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = behind;
        let byte = match (first, behind) {
            (b'%', [high, low, behind @ ..]) => {
                let digit = |digit: &u8| char::from(*digit).to_digit(16);
                match (digit(high), digit(low)) {
                    (Some(high), Some(low)) => {
                        rest = behind;
                        u8::try_from(high << 4 | low).unwrap_or(b'%')
                    }
                    _ => b'%',
                }
            }
            _ => *first,
        };
        bytes.push(byte);
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether a byte stands for itself.
fn is_plain(byte: u8) -> bool {
    const PLAIN: [bool; 256] = {
        let mut plain = [false; 256];
        let mut byte = 0_u8;
        while byte < 128 {
            let is_plain =
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':' | b'/');
            plain[byte as usize] = is_plain;
            byte += 1;
        }
        plain
    };
    PLAIN[usize::from(byte)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::message::MessageKind;
    use crate::queue::broker::wire::write::into_body;
    use crate::queue::broker::wire::{EXPIRES, Place, Reading, Trust, write_head};
    use crate::queue::broker::{Parcel, ParcelKind, Task};

    fn head_of(parcel: Parcel) -> (String, Vec<u8>) {
        let mut head = String::new();
        write_head(&parcel, None, |name, value| {
            assert!(put(&mut head, 0, "", name, value), "{name:?}: {value}");
        });
        (head, into_body(parcel))
    }

    #[test]
    fn what_is_put_in_is_read() {
        let mut task = Task::new("a.b, %c", MessageKind::Stream);
        task.id = "7.1,~".into();
        task.idempotent = true;
        task.window = 65_536;
        task.peer = u64::MAX;
        let kind = ParcelKind::Task(Box::new(task));
        let parcel = Parcel::new(kind, "".into())
            .with_body(Format::MESSAGE_PACK, vec![1])
            .from_inbox(&"mitto.inbox.a.b".into());
        let (head, body) = head_of(parcel.clone());
        assert!(
            head.bytes()
                .all(|byte| is_plain(byte) || matches!(byte, b',' | b'%')),
            "{head}"
        );
        let mut reading = Reading::new(Place::Queue);
        read(&head, |name, value| reading.put_named(name, value));
        let limits = Limits::default();
        assert_eq!(reading.finish(body, Trust::Nobody, &limits), Ok(parcel));
    }

    #[test]
    fn what_is_no_head_does_no_harm() {
        for head in ["", ",", ",,x", "é", "t%", "t%f", "t%zz%41", "q1,tPing", "%"] {
            let mut reading = Reading::new(Place::Queue);
            read(head, |name, value| reading.put_named(name, value));
            let _ = reading.finish(Vec::new(), Trust::Nobody, &Limits::default());
        }
        for (head, fault) in [("f0", "type"), ("f999", "type"), ("tPing,xsoon", EXPIRES)] {
            let mut reading = Reading::new(Place::Queue);
            read(head, |name, value| reading.put_named(name, value));
            let read = reading.finish(Vec::new(), Trust::Nobody, &Limits::default());
            assert!(
                read.is_err_and(|error| error.to_string().contains(fault)),
                "{head}"
            );
        }
    }
}
