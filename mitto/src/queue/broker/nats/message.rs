//! Parcels as messages of NATS, and back.

use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;

use async_nats::message::OutboundMessage;
use async_nats::{HeaderMap, HeaderName, HeaderValue, Message, Subject};
use bytes::Bytes;

use super::shared::Shared;
use super::subject::{self, OF_PARCEL, OF_TASK, OWN, Place};
use crate::queue::broker::percent::{self, decoded};
use crate::queue::broker::wire::name::Name;
use crate::queue::broker::wire::{self, Foreign, Key, Reading, Trust, head};
use crate::queue::broker::{Parcel, ParcelKind, SendError};

/// By which a stream knows what it has had.
pub(super) const MESSAGE_ID: &str = "Nats-Msg-Id";

/// What the last message of its subject has to be in the stream, for a message to be taken.
pub(super) const EXPECTED: &str = "Nats-Expected-Last-Subject-Sequence";

/// Why a dead letter is one.
pub(super) const DEAD_REASON: &str = "mitto-reason";
/// How often it was delivered.
pub(super) const DEAD_ATTEMPTS: &str = "mitto-attempts";

/// What a [`MESSAGE_ID`] begins with that says nothing of a task.
pub(super) const OURS: &str = "mitto-";

/// What begins the names of NATS's own headers.
const NATS: &str = "Nats-";

/// Where a parcel goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum To {
    /// To the queue of a node; the reply subject says where answers go.
    Queue,
    /// To a stream; a header says where answers go, as JetStream answers to the reply subject.
    Stream,
    /// To an inbox of ours.
    Inbox,
    /// To the inbox of another client.
    Foreign,
    /// To all who listen.
    All,
}

/// A parcel that is ready to go.
pub(super) struct Packed {
    pub(super) headers: Option<HeaderMap>,
    pub(super) payload: Bytes,
    /// The place that it was written with, and behind it what that says of the parcel.
    pub(super) place: String,
}

impl Packed {
    pub(super) fn to(self, subject: impl Into<Subject>, reply: Option<Subject>) -> OutboundMessage {
        OutboundMessage {
            subject: subject.into(),
            reply,
            payload: self.payload,
            headers: self.headers,
        }
    }
}

/// Makes a message of a parcel. `place` is the subject of an inbox; that of [`answers`] where it goes to a queue.
///
/// Headers cost more than all else. So between ends of ours what is the library's own stands in a subject that nobody
/// else reads, and headers have what is the user's.
pub(super) fn write(
    parcel: Parcel,
    key: Option<&Key>,
    to: To,
    place: String,
) -> Result<Packed, SendError> {
    // What the subject says already.
    let correlated = match to {
        To::Queue | To::Stream => !place.is_empty(),
        To::Inbox | To::Foreign => subject::is_end(&parcel.correlation),
        To::All => false,
    };
    let usual = match to {
        To::Queue | To::Stream => "request",
        To::Inbox | To::Foreign => "response",
        To::All => "",
    };
    let (mark, answers, mut place) = match to {
        To::Queue => (Some(OF_TASK), None, place),
        To::Inbox => (Some(OF_PARCEL), None, place),
        To::Stream => (None, Some(place), String::new()),
        To::Foreign | To::All => (None, None, place),
    };
    let length = place.len();
    let mut headers: Option<HeaderMap> = None;
    let mut wrong = None;
    wire::write_head(&parcel, key, |name, value| {
        let value = match name {
            Name::Kind if value == usual => return,
            Name::Correlation if correlated => return,
            Name::ReplyTo if correlated && to == To::Queue => return,
            Name::ReplyTo if correlated => answers.as_deref().unwrap_or(value),
            _ => value,
        };
        if let Some(mark) = mark
            && head::put(&mut place, length, mark, name, value)
        {
            return;
        }
        let name = name.as_str();
        match (header_name(name), HeaderValue::from_str(&encoded(value))) {
            (Some(name), Ok(value)) => headers.get_or_insert_default().append(name, value),
            _ => wrong = Some(name.to_owned()),
        }
    });
    match wrong {
        Some(name) => Err(SendError::Refused(format!(
            "`{}` is no name of a header",
            name.escape_debug()
        ))),
        None => Ok(Packed {
            headers,
            payload: wire::into_body(parcel).into(),
            place,
        }),
    }
}

/// Where a message was.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum From<'a> {
    /// In a node's queue: what it is to be answered to.
    Queue(Option<&'a str>),
    /// In a stream.
    Stream,
    /// In this end's inbox: the last part of the subject, and the head behind it.
    Inbox(&'a str, Option<&'a str>),
    /// It was told to all.
    All,
}

/// Makes a parcel of a message.
pub(super) fn read(message: &Message, from: From<'_>, shared: &Shared) -> Result<Parcel, Foreign> {
    let mut reading = Reading::new(match from {
        From::Queue(_) | From::Stream => wire::Place::Queue,
        From::Inbox(..) | From::All => wire::Place::Inbox,
    });
    let mut reply_to = None;
    let mut correlated = false;
    let mut message_id = None;
    let mut has_id = false;
    for (name, values) in message.headers.iter().flat_map(HeaderMap::iter) {
        let name: &str = name.as_ref();
        for value in values {
            let value = decoded(value.as_str());
            match name {
                MESSAGE_ID if value.starts_with(OURS) => {}
                MESSAGE_ID => message_id = Some(value),
                nats if nats.starts_with(NATS) => {}
                wire::REPLY_TO => reply_to = Some(value.into_owned()),
                wire::CORRELATION => {
                    correlated = true;
                    reading.put(name, &value);
                }
                name => {
                    has_id |= name == wire::ID;
                    reading.put(&spelled(name), &value);
                }
            }
        }
    }
    if let (false, Some(id)) = (has_id, message_id) {
        reading.put_named(Name::Id, &id);
    }
    let mut last = None;
    if let From::Inbox(end, head) = from {
        last = Some(end);
        head::read(head.unwrap_or_default(), |name, value| match name {
            Name::ReplyTo => reply_to = Some(value.to_owned()),
            _ => reading.put_named(name, value),
        });
    }
    let reply_to = match from {
        From::Queue(reply) => reply_to.as_deref().or(reply),
        _ => reply_to.as_deref(),
    };
    let mut known = None;
    let place = reply_to.map(|reply_to| match shared.asker(reply_to) {
        None => (reply_to, subject::place(reply_to)),
        // Most tasks come from whom the last one came from.
        Some((inbox, behind)) => {
            let at = known.insert(inbox).len();
            let place = subject::answered(behind);
            let place = place.map(|(last, head)| {
                Place::Ours(reply_to.get(..at).unwrap_or_default(), Some(last), head)
            });
            (reply_to, place)
        }
    });
    match place {
        None => {}
        Some((_, Some(Place::Ours(inbox, part, head)))) => {
            let mut asker = None;
            head::read(head.unwrap_or_default(), |name, value| match name {
                Name::ReplyTo => asker = Some(value.to_owned()),
                _ => reading.put_named(name, value),
            });
            match (part, asker) {
                // It is only there for the word that nobody is; the head says who asks, if anybody does.
                (Some(own), Some(asker)) if own.starts_with(OWN) => match subject::place(&asker) {
                    Some(Place::Ours(inbox, None, None)) => reading.put_named(Name::ReplyTo, inbox),
                    _ => reading.fault("its head names a reply place that is no inbox"),
                },
                (Some(own), None) if own.starts_with(OWN) => {}
                (part, _) => {
                    last = last.or(part);
                    let inbox = known.unwrap_or_else(|| {
                        let inbox = inbox.into();
                        shared.set_asker(&inbox);
                        inbox
                    });
                    reading.put_reply_to(inbox);
                }
            }
        }
        Some((foreign, Some(Place::Foreign))) => reading.put_named(Name::ReplyTo, foreign),
        Some((_, None)) => {
            reading.fault("its reply place is neither an inbox of mitto nor of a NATS client");
        }
    }
    match last {
        Some(last) if !correlated && !last.starts_with(OWN) => {
            reading.put_named(Name::Correlation, last);
        }
        _ => {}
    }
    let trust = shared.key.as_ref().map_or(Trust::Nobody, Trust::Signed);
    reading.finish(message.payload.to_vec(), trust, &shared.limits)
}

/// A letter for what a parcel is that comes back, with nothing but its correlation. What ends an answer has none:
/// nothing runs any more that would have to hear of it.
pub(super) fn letter(kind: &ParcelKind) -> Option<char> {
    Some(match kind {
        ParcelKind::Item => 'i',
        ParcelKind::Progress => 'p',
        ParcelKind::Running => 'u',
        ParcelKind::Credit(_) => 'c',
        ParcelKind::Cancel => 'x',
        ParcelKind::Response | ParcelKind::Error | ParcelKind::Status(_) | ParcelKind::End => {
            return None;
        }
        ParcelKind::Task(_) | ParcelKind::Published(_) => return None,
    })
}

/// The parcel of a letter.
pub(super) fn came_back(letter: char, correlation: &str) -> Option<Parcel> {
    let kind = match letter {
        'i' => ParcelKind::Item,
        'p' => ParcelKind::Progress,
        'u' => ParcelKind::Running,
        'c' => ParcelKind::Credit(0),
        'x' => ParcelKind::Cancel,
        _ => return None,
    };
    Some(Parcel::new(kind, correlation.into()))
}

/// The names that most messages have are not copied.
fn header_name(name: &str) -> Option<HeaderName> {
    static KNOWN: [HeaderName; 10] = [
        HeaderName::from_static(wire::TYPE),
        HeaderName::from_static(wire::CONTENT_TYPE),
        HeaderName::from_static(wire::ID),
        HeaderName::from_static(wire::EXPIRES),
        HeaderName::from_static(wire::KIND),
        HeaderName::from_static(wire::IDEMPOTENT),
        HeaderName::from_static(wire::REPLY_TO),
        HeaderName::from_static(wire::CORRELATION),
        HeaderName::from_static(wire::STATUS),
        HeaderName::from_static(MESSAGE_ID),
    ];
    let known = KNOWN.iter().find(|known| {
        let known: &str = (*known).as_ref();
        known == name
    });
    match known {
        Some(known) => Some(known.clone()),
        None => HeaderName::from_str(&percent::encoded(name, |letter| {
            matches!(letter, '%' | ':')
        }))
        .ok(),
    }
}

/// A name as `wire` writes it.
fn spelled(name: &str) -> Cow<'_, str> {
    let name = decoded(name);
    match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(name.to_ascii_lowercase()),
        false => name,
    }
}

/// A value without what would end it, or be cut off.
fn encoded(value: &str) -> Cow<'_, str> {
    let is_cut = |end: Option<char>| end.is_some_and(char::is_whitespace);
    let mut chars = value.chars();
    if is_cut(chars.next()) || is_cut(chars.next_back()) {
        return percent::encoded(value, |letter| {
            letter <= ' ' || !letter.is_ascii() || letter == '%'
        });
    }
    percent::encoded(value, |letter| matches!(letter, '%' | '\r' | '\n'))
}

/// Headers for another message with the same id, which a stream would leave out if it was told by it; and
/// without the header `left_out`.
pub(super) fn without_message_id(headers: &HeaderMap, left_out: Option<&str>) -> HeaderMap {
    let id = HeaderName::from_static(MESSAGE_ID);
    let mut kept = HeaderMap::new();
    for (name, values) in headers.iter() {
        let text: &str = name.as_ref();
        let name = match *name == id {
            true if headers.get(HeaderName::from_static(wire::ID)).is_some() => continue,
            true if values.iter().any(|id| id.as_str().starts_with(OURS)) => continue,
            true => HeaderName::from_static(wire::ID),
            false if text.starts_with(NATS) => continue,
            false if matches!(text, DEAD_REASON | DEAD_ATTEMPTS) => continue,
            false if left_out == Some(text) => continue,
            false => name.clone(),
        };
        for value in values {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

/// Sets a header to a text for people.
pub(super) fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(&encoded(value)) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// A header's value.
pub(super) fn get(message: &Message, name: &'static str) -> Option<String> {
    let headers = message.headers.as_ref()?;
    let value = headers.get(HeaderName::from_static(name))?;
    Some(decoded(value.as_str()).into_owned())
}

/// The correlation of what asks for an answer at once: what a refusal names.
pub(super) fn answer_place(parcel: &Parcel) -> Option<(Arc<str>, Arc<str>)> {
    Some((parcel.reply_to.clone()?, parcel.correlation.clone()))
}
