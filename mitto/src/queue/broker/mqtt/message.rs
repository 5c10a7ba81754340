//! Parcels as messages of MQTT, and back.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use rumqttc::{Publish, PublishProperties, QoS};

use super::topic;
use crate::limits::Limits;
use crate::queue::broker::percent::{self, decoded};
use crate::queue::broker::wire::{self, Foreign, Key, Place, Reading, Trust};
use crate::queue::broker::{MAX_CORRELATION, Parcel, SendError};

/// Why a dead letter is one.
pub(super) const REASON: &str = "mitto-reason";
/// How often a task may have been begun, where that is more than once; how often a dead letter was delivered.
pub(super) const ATTEMPTS: &str = "mitto-attempts";

/// The longest name or value of a property, in bytes.
const LONGEST: usize = 65_535;

/// What a correlation begins with that is not UTF-8; the rest are hexadecimal digits.
const BINARY: &str = "mitto-hex-";

/// Makes a message of a parcel. It expires with its task.
pub(super) fn write(
    topic: String,
    parcel: Parcel,
    key: Option<&Key>,
    place: Place,
) -> Result<Publish, SendError> {
    let usual = match place {
        Place::Queue => "request",
        Place::Inbox => "response",
    };
    let mut properties = PublishProperties::default();
    let mut too_long = None;
    let body = wire::write(parcel, key, |name, value| {
        if value.len() > LONGEST || name.len() > LONGEST {
            too_long = Some(value.len().max(name.len()));
            return;
        }
        match name {
            wire::KIND if value == usual => {}
            wire::CORRELATION => properties.correlation_data = Some(binary(value)),
            wire::REPLY_TO => properties.response_topic = Some(value.to_owned()),
            wire::CONTENT_TYPE => properties.content_type = Some(value.to_owned()),
            name => {
                if let (wire::EXPIRES, Ok(at)) = (name, value.parse()) {
                    properties.message_expiry_interval = Some(seconds_until(at));
                }
                let pair = (encoded(name), encoded(value));
                if pair.0.len().max(pair.1.len()) > LONGEST {
                    too_long = Some(value.len());
                }
                properties.user_properties.push(pair);
            }
        }
    });
    match too_long {
        Some(bytes) => Err(SendError::TooLarge(bytes)),
        None => Ok(Publish::new(
            topic,
            QoS::AtLeastOnce,
            body,
            Some(properties),
        )),
    }
}

/// Makes a parcel of a message.
pub(super) fn read(
    publish: &Publish,
    place: Place,
    key: Option<&Key>,
    limits: &Limits,
) -> Result<Parcel, Foreign> {
    let mut reading = Reading::new(place);
    let none = PublishProperties::default();
    let properties = publish.properties.as_ref().unwrap_or(&none);
    let mut expires = false;
    for (name, value) in &properties.user_properties {
        let name = decoded(name).to_ascii_lowercase();
        match &*name {
            // These have places of their own.
            wire::CORRELATION | wire::REPLY_TO | wire::CONTENT_TYPE => {}
            name => {
                expires |= name == wire::EXPIRES;
                reading.put(name, &decoded(value));
            }
        }
    }
    if let (false, Some(seconds)) = (expires, properties.message_expiry_interval) {
        let at = unix_millis().saturating_add(u64::from(seconds) * 1000);
        reading.put(wire::EXPIRES, &at.to_string());
    }
    if let Some(content_type) = &properties.content_type {
        reading.put(wire::CONTENT_TYPE, content_type);
    }
    match properties.correlation_data.as_deref().map(textual) {
        Some(Some(correlation)) => reading.put(wire::CORRELATION, &correlation),
        Some(None) => reading.fault("its correlation data are too long"),
        None => {}
    }
    match &properties.response_topic {
        Some(reply_to) if topic::is_inbox(reply_to) => reading.put(wire::REPLY_TO, reply_to),
        Some(_) => reading.fault("its response topic does not begin with `mitto/inbox/`"),
        None => {}
    }
    let trust = key.map_or(Trust::Nobody, Trust::Signed);
    reading.finish(publish.payload.to_vec(), trust, limits)
}

/// Whether two messages say the same, but for how long they live.
pub(super) fn is_same(one: &Publish, other: &Publish) -> bool {
    let properties = |publish: &Publish| {
        let properties = publish.properties.clone();
        properties.map(|properties| PublishProperties {
            message_expiry_interval: None,
            ..properties
        })
    };
    one.payload == other.payload && properties(one) == properties(other)
}

/// A text in a user property.
pub(super) fn get(publish: &Publish, name: &str) -> Option<String> {
    let properties = publish.properties.as_ref()?;
    let mut named = properties.user_properties.iter();
    let (_, value) = named.find(|(known, _)| known == name)?;
    Some(decoded(value).into_owned())
}

/// The same message for another place, with these user properties in place of those of the same names.
pub(super) fn again(publish: &Publish, topic: String, set: &[(&str, Option<String>)]) -> Publish {
    let mut again = publish.clone();
    again.topic = topic.into_bytes().into();
    (again.qos, again.dup, again.retain, again.pkid) = (QoS::AtLeastOnce, false, false, 0);
    let properties = again.properties.get_or_insert_default();
    properties.subscription_identifiers.clear();
    properties.topic_alias = None;
    let own = &mut properties.user_properties;
    own.retain(|(known, _)| set.iter().all(|(name, _)| name != known));
    for (name, value) in set {
        let value = value.as_deref().map(encoded);
        own.extend(value.map(|value| ((*name).to_owned(), value)));
    }
    again
}

/// Without what brokers refuse in a text: control characters, and those that Unicode sets aside.
fn encoded(text: &str) -> String {
    let refused = |letter: char| {
        let number = u32::from(letter);
        let aside = (0xfdd0..=0xfdef).contains(&number) || number & 0xfffe == 0xfffe;
        letter == '%' || letter.is_control() || aside
    };
    percent::encoded(text, refused).into_owned()
}

/// A correlation as the bytes that it stands for.
fn binary(correlation: &str) -> Bytes {
    let digits = correlation.strip_prefix(BINARY);
    let bytes = digits.and_then(|digits| data_encoding::HEXLOWER.decode(digits.as_bytes()).ok());
    match bytes.filter(|bytes| std::str::from_utf8(bytes).is_err()) {
        Some(bytes) => bytes.into(),
        None => Bytes::copy_from_slice(correlation.as_bytes()),
    }
}

/// The correlation of bytes; none if there are too many.
fn textual(bytes: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => format!("{BINARY}{}", data_encoding::HEXLOWER.encode(bytes)),
    };
    (text.len() <= MAX_CORRELATION).then_some(text)
}

fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

/// Not before the caller itself gives up.
fn seconds_until(unix_millis: u64) -> u32 {
    let left = unix_millis.saturating_sub(self::unix_millis());
    u32::try_from(left.div_ceil(1000))
        .unwrap_or(u32::MAX)
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correlations_are_any_bytes() {
        for bytes in [
            &b""[..],
            b"7:42",
            b"\xff\x00\x80",
            b"mitto-hex-6162",
            "ż".as_bytes(),
        ] {
            let text = textual(bytes).expect("short");
            assert_eq!(&*binary(&text), bytes, "{text}");
        }
        assert_eq!(textual(&[0xff; 200]), None);
        assert_eq!(textual(&[b'a'; 256]), None);
    }

    #[test]
    fn properties_hold_any_text() {
        for text in ["", "a\r\nb\0c", "100 %41", "\u{ffff}\u{7f}", "żółć 🦀"] {
            let encoded = encoded(text);
            assert!(encoded.chars().all(|letter| !letter.is_control()));
            assert_eq!(decoded(&encoded), text);
        }
    }
}
