//! A parcel as a message of AMQP, and back.

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};

use super::names::{self, SHORT};
use super::parts::{APP, Parts};
use crate::limits::Limits;
use crate::queue::broker::wire::name::Name;
use crate::queue::broker::wire::{self, Foreign, Place, Reading, Trust, head};
use crate::queue::broker::{Key, Parcel, SendError};

/// Why a task is a dead letter, in a header.
pub(super) const REASON: &str = "mitto-reason";

/// How often a dead letter was delivered, in a header.
pub(super) const ATTEMPTS: &str = "mitto-attempts";

/// How often a message was delivered before, as the broker counts.
const DELIVERY_COUNT: &str = "x-delivery-count";

/// Headers of the broker's own.
const BROKERS: [&str; 2] = ["x-first-death-", "x-last-death-"];
const BROKER: [&str; 5] = ["x-death", DELIVERY_COUNT, "x-acquired-count", "cc", "bcc"];

/// Whose identities are believed, and with what they are signed.
#[derive(Clone, Default)]
pub(super) struct Trusted {
    pub(super) users: Vec<String>,
    pub(super) key: Option<Key>,
}

/// Who reads a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    /// A worker, which may know nothing of mitto.
    Queue,
    /// An end of ours.
    End,
    /// Anybody.
    Other,
}

/// Whether a parcel can be [written](write).
pub(super) fn check(parcel: &Parcel) -> Result<(), SendError> {
    let mut metadata = parcel
        .task()
        .into_iter()
        .flat_map(|task| task.metadata.iter());
    match metadata.find(|(name, _)| name.len() > SHORT) {
        None => Ok(()),
        Some((name, _)) => {
            let bytes = name.len();
            let why = format!("a name of metadata has {bytes} bytes, at most {SHORT} are taken");
            Err(SendError::Refused(why))
        }
    }
}

/// How many bytes the properties of a parcel have, or a few more.
pub(super) fn size(parcel: &Parcel) -> usize {
    let metadata = parcel
        .task()
        .into_iter()
        .flat_map(|task| task.metadata.iter());
    let metadata = metadata.map(|(name, value)| name.len() + value.len() + 8);
    metadata.sum::<usize>() + 512
}

/// Takes a parcel apart, and says how many bytes the properties have at most, which go in one frame. `user` is who
/// the broker knows us as.
pub(super) fn write(
    parcel: &Parcel,
    to: To,
    key: Option<&Key>,
    user: Option<&str>,
) -> (BasicProperties, usize) {
    let mut parts = Parts::new(to != To::Other);
    let usual = match to {
        To::Queue => "request",
        To::End | To::Other => "response",
    };
    wire::write_head(parcel, key, |name, value| {
        match name {
            Name::Kind if value == usual && to != To::Other => {}
            // A worker sees what it is in a header, whoever wrote it.
            Name::Kind if to == To::Queue => parts.put_header(name.as_str(), value),
            _ => parts.put(name, value),
        }
    });
    let head = parts.bytes + 512;
    let mut properties = parts.into_properties();
    if let Some(task) = parcel.task() {
        // Only who says something that has to be believed is checked, as each property costs.
        if let Some(user) = user.filter(|_| task.identity.is_some() || task.hops > 0) {
            properties = properties.with_user_id(user.into());
        }
        // On disk.
        properties = properties.with_delivery_mode(2);
    }
    (properties, head)
}

/// Puts a parcel together.
pub(super) fn read(
    place: Place,
    properties: &BasicProperties,
    body: Vec<u8>,
    trusted: &Trusted,
    limits: &Limits,
) -> Result<Parcel, Foreign> {
    let mut reading = Reading::new(place);
    for (name, value) in properties.headers().iter().flatten() {
        if !is_brokers(name.as_str()) {
            put_header(&mut reading, Name::of(name.as_str()), value);
        }
    }
    for (name, value) in [
        (Name::Type, properties.kind()),
        (Name::Correlation, properties.correlation_id()),
        (Name::ReplyTo, properties.reply_to()),
        (Name::ContentType, properties.content_type()),
        (Name::Id, properties.message_id()),
    ] {
        if let Some(value) = value {
            put_checked(&mut reading, name, value.as_str());
        }
    }
    if let Some(own) = own(properties) {
        head::read(own, |name, value| put_checked(&mut reading, name, value));
    }
    reading.finish(body, trusted.of(properties), limits)
}

/// What the property `app-id` says, where it is ours.
fn own(properties: &BasicProperties) -> Option<&str> {
    properties.app_id().as_ref()?.as_str().strip_prefix(APP)
}

impl Trusted {
    /// What is believed of a message. The broker lets nobody name a user in `user_id` but itself.
    fn of(&self, properties: &BasicProperties) -> Trust<'_> {
        let user = properties.user_id().as_ref().map(ShortString::as_str);
        if user.is_some_and(|user| self.users.iter().any(|known| known == user)) {
            return Trust::Sender;
        }
        self.key.as_ref().map_or(Trust::Nobody, Trust::Signed)
    }
}

/// Texts, truths and numbers are metadata; what has parts is left out.
fn put_header(reading: &mut Reading, name: Name<'_>, value: &AMQPValue) {
    match value {
        AMQPValue::LongString(text) => {
            put_checked(reading, name, &String::from_utf8_lossy(text.as_bytes()));
        }
        AMQPValue::ShortString(text) => put_checked(reading, name, text.as_str()),
        AMQPValue::FieldArray(values) => {
            for value in values.as_slice() {
                if matches!(value, AMQPValue::LongString(_)) {
                    put_header(reading, name, value);
                }
            }
        }
        AMQPValue::Boolean(truth) => put_checked(reading, name, &truth.to_string()),
        AMQPValue::Float(number) => put_checked(reading, name, &number.to_string()),
        AMQPValue::Double(number) => put_checked(reading, name, &number.to_string()),
        AMQPValue::Timestamp(seconds) => put_checked(reading, name, &seconds.to_string()),
        other => {
            if let Some(number) = whole(other) {
                put_checked(reading, name, &number.to_string());
            }
        }
    }
}

fn put_checked(reading: &mut Reading, name: Name<'_>, value: &str) {
    if name == Name::ReplyTo && !names::is_reply_place(value) {
        reading.fault("the place of its reply is no inbox");
    }
    reading.put_named(name, value);
}

fn is_brokers(name: &str) -> bool {
    let mut prefixes = BROKERS.iter();
    BROKER.iter().any(|own| own.eq_ignore_ascii_case(name))
        || prefixes.any(|prefix| name.starts_with(prefix))
}

fn whole(value: &AMQPValue) -> Option<i64> {
    Some(match value {
        AMQPValue::ShortShortInt(number) => (*number).into(),
        AMQPValue::ShortShortUInt(number) => (*number).into(),
        AMQPValue::ShortInt(number) => (*number).into(),
        AMQPValue::ShortUInt(number) => (*number).into(),
        AMQPValue::LongInt(number) => (*number).into(),
        AMQPValue::LongUInt(number) => (*number).into(),
        AMQPValue::LongLongInt(number) => *number,
        _ => return None,
    })
}

/// A header of this name.
pub(super) fn header<'a>(properties: &'a BasicProperties, name: &str) -> Option<&'a AMQPValue> {
    let headers = properties.headers().as_ref()?;
    headers.inner().get(name)
}

/// A header's text.
pub(super) fn text(properties: &BasicProperties, name: &str) -> Option<String> {
    match header(properties, name)? {
        AMQPValue::LongString(text) => Some(String::from_utf8_lossy(text.as_bytes()).into_owned()),
        AMQPValue::ShortString(text) => Some(text.as_str().to_owned()),
        _ => None,
    }
}

/// How often a message was delivered, this time included. Classic queues only say that it was before.
pub(super) fn attempt(properties: &BasicProperties, redelivered: bool) -> u32 {
    let before = header(properties, DELIVERY_COUNT).and_then(whole);
    let before = before.and_then(|before| u32::try_from(before).ok());
    let before = before.unwrap_or_default().max(redelivered.into());
    before.saturating_add(1)
}

/// The same headers for a dead letter.
///
/// The broker would let nobody else write the user in, so it is left out: an identity in a dead letter
/// holds only where it is signed.
pub(super) fn buried(properties: &BasicProperties, reason: &str, attempts: u32) -> BasicProperties {
    let mut headers = living(properties, &[]);
    headers.insert(REASON.into(), AMQPValue::LongString(reason.into()));
    let attempts = attempts.to_string();
    headers.insert(ATTEMPTS.into(), AMQPValue::LongString(attempts.into()));
    copied(properties, headers, None)
}

/// The same headers for a task that was a dead letter, without its deadline. It keeps its user where that is `user`.
pub(super) fn raised(properties: &BasicProperties, user: Option<&str>) -> BasicProperties {
    let told = properties.user_id().as_ref().map(ShortString::as_str);
    let raised = copied(
        properties,
        living(properties, &[wire::EXPIRES]),
        user.filter(|user| told == Some(user)),
    );
    match own(properties) {
        Some(own) => {
            let own = head::without(own, Name::Expires);
            raised.with_app_id(format!("{APP}{own}").into())
        }
        None => raised,
    }
}

/// The headers without those of a death, and without `others`.
fn living(properties: &BasicProperties, others: &[&str]) -> FieldTable {
    let mut headers = FieldTable::default();
    for (name, value) in properties.headers().iter().flatten() {
        let name_text = name.as_str();
        let is_left_out = [REASON, ATTEMPTS].contains(&name_text) || others.contains(&name_text);
        if !is_brokers(name_text) && !is_left_out {
            headers.insert(name.clone(), value.clone());
        }
    }
    headers
}

/// Without `expiration`, by which the copy would vanish, and with the user that may be named.
fn copied(from: &BasicProperties, headers: FieldTable, user: Option<&str>) -> BasicProperties {
    type Place = fn(BasicProperties, ShortString) -> BasicProperties;
    let mut to = BasicProperties::default()
        .with_headers(headers)
        .with_delivery_mode(2);
    let places: [(&Option<ShortString>, Place); 7] = [
        (from.kind(), BasicProperties::with_type),
        (from.correlation_id(), BasicProperties::with_correlation_id),
        (from.reply_to(), BasicProperties::with_reply_to),
        (from.content_type(), BasicProperties::with_content_type),
        (
            from.content_encoding(),
            BasicProperties::with_content_encoding,
        ),
        (from.message_id(), BasicProperties::with_message_id),
        (from.app_id(), BasicProperties::with_app_id),
    ];
    for (value, place) in places {
        if let Some(value) = value {
            to = place(to, value.clone());
        }
    }
    if let Some(timestamp) = from.timestamp() {
        to = to.with_timestamp(*timestamp);
    }
    match user {
        Some(user) => to.with_user_id(user.into()),
        None => to,
    }
}
