//! A parcel as names and values, for the headers and properties of any broker.
//!
//! A broker's part has places of its own for some of them, such as AMQP's property `content_type`; the
//! rest travels in its headers. Names are in lower case.
//!
//! | name | value | where |
//! | --- | --- | --- |
//! | `mitto-kind` | `request`, `stream`, `notification`, `response`, `error`, `status`, `item`, `end`, `progress`, `running`, `credit`, `cancel`, `published` | everywhere; without it a parcel in a queue is a `request`, one in an inbox a `response` |
//! | `mitto-type` | the message's name | tasks |
//! | `mitto-type-id` | the message's id, where it is not that of its name | `published` |
//! | `mitto-id` | the task's own id | tasks |
//! | `mitto-correlation` | which request it belongs to, in the words of whoever asked | all but notifications |
//! | `mitto-reply-to` | where whoever sent it is reached | requests, and what belongs to a running one |
//! | `content-type` | the format of the body, see [`content_type`]; without it JSON | what has a value |
//! | `mitto-idempotent` | `true` | tasks that may be run twice |
//! | `mitto-expires` | when the caller gives up, in milliseconds since 1970-01-01 UTC | requests |
//! | `mitto-address` | `application/node/action` | tasks that were sent to one |
//! | `mitto-hops` | how often it was forwarded, if it was | tasks |
//! | `mitto-window` | bytes of items that may come before the first credit | streams |
//! | `mitto-peer` | which of the sender's peers asks, or is called; of what is `published`, who does not get it | tasks |
//! | `mitto-identity` | who asks, as [`Stated`](crate::auth::Stated) packs it, in Base64 (RFC 4648, section 4) | tasks |
//! | `mitto-signature` | what shows that the identity is true: [`Key`] | tasks |
//! | `mitto-status` | the number of a [`Code`](crate::Code); the body is its text | `status` |
//! | `mitto-credit` | bytes | `credit` |
//! | `mitto-metadata-content-type` | the metadata `content-type` | tasks |
//! | any other | metadata; what begins with `mitto-` does not travel | tasks |
//!
//! A gateway answers two requests itself that come to its inbox for one of its peers, with that peer's
//! number in `mitto-peer`: `mitto-subscribe` and `mitto-unsubscribe`. Their body is an object with the field
//! `topic`, their response is empty.
//!
//! # In short
//!
//! Where each header costs, the library's own names stand in one text instead. It is made of fields with commas between
//! them, each a letter and a value: `tEcho,i5f-7,f2,x1764000000000`. In a value all but `A-Z a-z 0-9 _ - : /` is `%` and
//! the byte in two hexadecimal digits. A field with a letter that is not known is a later version's, and is left out. A
//! value of more than 128 bytes is a header.
//!
//! | letter | name | | letter | name |
//! | --- | --- | --- | --- | --- |
//! | `k` | `mitto-kind` | | `x` | `mitto-expires` |
//! | `t` | `mitto-type` | | `a` | `mitto-address` |
//! | `n` | `mitto-type-id` | | `h` | `mitto-hops` |
//! | `i` | `mitto-id` | | `w` | `mitto-window` |
//! | `r` | `mitto-reply-to` | | `p` | `mitto-peer` |
//! | `f` | `content-type`, as the number of the format | | `s` | `mitto-status` |
//! | `o` | `mitto-idempotent`, without a value | | `c` | `mitto-credit` |

pub(super) mod decimal;
#[cfg(any(feature = "nats", feature = "rabbitmq"))]
pub(super) mod head;
mod key;
pub(super) mod name;
mod read;
mod write;

pub use key::Key;
pub use read::{Foreign, Place, Reading, Trust};
#[cfg(feature = "rabbitmq")]
pub(super) use write::body;
#[cfg(feature = "nats")]
pub(super) use write::into_body;
pub use write::write;
#[cfg(any(feature = "nats", feature = "rabbitmq"))]
pub(super) use write::write_head;

use crate::codec::Format;

/// `mitto-kind`
pub const KIND: &str = "mitto-kind";
/// `mitto-type`
pub const TYPE: &str = "mitto-type";
/// `mitto-type-id`
pub const TYPE_ID: &str = "mitto-type-id";
/// `mitto-id`
pub const ID: &str = "mitto-id";
/// `mitto-correlation`
pub const CORRELATION: &str = "mitto-correlation";
/// `mitto-reply-to`
pub const REPLY_TO: &str = "mitto-reply-to";
/// `content-type`
pub const CONTENT_TYPE: &str = "content-type";
/// `mitto-idempotent`
pub const IDEMPOTENT: &str = "mitto-idempotent";
/// `mitto-expires`
pub const EXPIRES: &str = "mitto-expires";
/// `mitto-address`
pub const ADDRESS: &str = "mitto-address";
/// `mitto-hops`
pub const HOPS: &str = "mitto-hops";
/// `mitto-window`
pub const WINDOW: &str = "mitto-window";
/// `mitto-peer`
pub const PEER: &str = "mitto-peer";
/// `mitto-identity`
pub const IDENTITY: &str = "mitto-identity";
/// `mitto-signature`
pub const SIGNATURE: &str = "mitto-signature";
/// `mitto-status`
pub const STATUS: &str = "mitto-status";
/// `mitto-credit`
pub const CREDIT: &str = "mitto-credit";

/// Where metadata of the name `content-type` travels.
const METADATA_CONTENT_TYPE: &str = "mitto-metadata-content-type";

/// What every name of the library's own begins with.
const OWN: &str = "mitto-";

/// A format as a content type.
///
/// | format | content type |
/// | --- | --- |
/// | JSON | `application/json` |
/// | MessagePack | `application/msgpack` |
/// | XML | `application/xml` |
/// | bytes | `application/octet-stream` |
/// | any other | `application/x-mitto-` and its number |
pub fn content_type(format: Format) -> String {
    known(format).map_or_else(|| format!("{OTHER}{}", format.number()), str::to_owned)
}

fn known(format: Format) -> Option<&'static str> {
    let mut all = KNOWN.iter();
    all.find(|(known, _)| *known == format)
        .map(|(_, name)| *name)
}

/// A content type as a format, whatever its parameters.
fn format(content_type: &str) -> Option<Format> {
    if let Some((format, _)) = KNOWN.iter().find(|(_, known)| *known == content_type) {
        return Some(*format);
    }
    let name = content_type.split(';').next()?.trim();
    if let Some((format, _)) = KNOWN
        .iter()
        .find(|(_, known)| known.eq_ignore_ascii_case(name))
    {
        return Some(*format);
    }
    let number = name.strip_prefix(OTHER)?.parse().ok()?;
    (number != 0).then(|| Format::from_wire(number))
}

const OTHER: &str = "application/x-mitto-";

const KNOWN: [(Format, &str); 4] = [
    (Format::JSON, "application/json"),
    (Format::MESSAGE_PACK, "application/msgpack"),
    (Format::XML, "application/xml"),
    (Format::BYTES, "application/octet-stream"),
];

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::auth::Identity;
    use crate::limits::Limits;
    use crate::message::MessageKind;
    use crate::queue::broker::{Parcel, ParcelKind, Task};

    fn travelled(task: Task, sign: Option<&Key>, trust: Trust<'_>) -> Task {
        let parcel = Parcel::new(ParcelKind::Task(Box::new(task)), Arc::from("1.1"))
            .with_body(Format::MESSAGE_PACK, vec![1, 2]);
        let mut reading = Reading::new(Place::Queue);
        let body = write(parcel, sign, |name, value| reading.put(name, value));
        let parcel = reading.finish(body, trust, &Limits::default());
        match parcel.expect("a parcel").kind {
            ParcelKind::Task(task) => *task,
            other => panic!("{other} is no task"),
        }
    }

    fn task() -> Task {
        Task::new("Greet", MessageKind::Request)
    }

    #[test]
    fn metadata_says_nothing_in_the_librarys_name() {
        let mut lying = task();
        let admin = "AAVhZG1pbg==";
        for (name, value) in [
            (IDENTITY, admin),
            (PEER, "7"),
            (REPLY_TO, "mitto.inbox.other"),
            (TYPE, "Other"),
            (KIND, "notification"),
            (CONTENT_TYPE, "text/plain"),
            ("key", "value"),
        ] {
            lying.metadata.append(name, value);
        }
        let honest = travelled(lying, None, Trust::Sender);
        assert_eq!(
            (&*honest.name, honest.kind),
            ("Greet", MessageKind::Request)
        );
        assert_eq!((&honest.identity, honest.peer), (&None, 0));
        assert_eq!(honest.metadata.get(CONTENT_TYPE), Some("text/plain"));
        assert_eq!(honest.metadata.len(), 2);
    }

    #[test]
    fn identity_is_believed_with_a_reason_only() {
        let known = || {
            let mut known = task();
            known.identity = Some(Identity::new("ann").grant("admin"));
            known
        };
        let (key, other) = (Key::new("secret"), Key::new("guess"));
        let ann = known().identity;
        assert_eq!(travelled(known(), None, Trust::Sender).identity, ann);
        assert_eq!(
            travelled(known(), Some(&key), Trust::Signed(&key)).identity,
            ann
        );
        for (sign, trust) in [
            (None, Trust::Nobody),
            (None, Trust::Signed(&key)),
            (Some(&other), Trust::Signed(&key)),
            (Some(&key), Trust::Nobody),
        ] {
            assert_eq!(travelled(known(), sign, trust).identity, None);
        }
    }

    #[test]
    fn content_types_name_formats() {
        for number in [1, 2, 3, 4, 5, 200] {
            let known = Format::from_wire(number);
            assert_eq!(format(&content_type(known)), Some(known));
        }
        assert_eq!(
            format("application/json; charset=utf-8"),
            Some(Format::JSON)
        );
        for unknown in [
            "text/plain",
            "",
            "application/x-mitto-0",
            "application/x-mitto-256",
        ] {
            assert_eq!(format(unknown), None, "{unknown}");
        }
    }
}
