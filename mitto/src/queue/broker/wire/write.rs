//! A parcel, taken apart.

use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE64;

use super::decimal::Decimal;
use super::name::Name;
use super::{CONTENT_TYPE, Key, METADATA_CONTENT_TYPE, OWN, content_type, known};
use crate::auth::Stated;
use crate::queue::broker::{Parcel, ParcelKind, Task};
use crate::runtime::Instant;

/// Hands all that a parcel has beside its body to `put`, by name. `key` signs an identity, which travels
/// without a signature where there is none. Gives back the body.
pub fn write(parcel: Parcel, key: Option<&Key>, mut put: impl FnMut(&str, &str)) -> Vec<u8> {
    write_head(&parcel, key, |name, value| put(name.as_str(), value));
    into_body(parcel)
}

/// What [`write`] gives back.
pub(in crate::queue::broker) fn into_body(parcel: Parcel) -> Vec<u8> {
    match parcel.kind {
        ParcelKind::Status(status) => status.message().as_bytes().to_vec(),
        _ => parcel.body,
    }
}

/// What [`write`] gives back, of a parcel that is kept.
#[cfg(feature = "rabbitmq")]
pub(in crate::queue::broker) fn body(parcel: &Parcel) -> &[u8] {
    match &parcel.kind {
        ParcelKind::Status(status) => status.message().as_bytes(),
        _ => &parcel.body,
    }
}

/// Hands all that a parcel has beside its body to `put`, by name.
pub(in crate::queue::broker) fn write_head(
    parcel: &Parcel,
    key: Option<&Key>,
    mut put: impl FnMut(Name<'_>, &str),
) {
    put(Name::Kind, parcel.kind.name());
    if !parcel.correlation.is_empty() {
        put(Name::Correlation, &parcel.correlation);
    }
    if let Some(reply_to) = &parcel.reply_to {
        put(Name::ReplyTo, reply_to);
    }
    if let Some(format) = parcel.format {
        match known(format) {
            Some(known) => put(Name::ContentType, known),
            None => put(Name::ContentType, &content_type(format)),
        }
    }
    match &parcel.kind {
        ParcelKind::Task(task) | ParcelKind::Published(task) => {
            self::task(task, parcel, key, &mut put);
        }
        ParcelKind::Status(status) => {
            put(Name::Status, Decimal::of(u16::from(status.code())).as_str());
        }
        ParcelKind::Credit(bytes) => put(Name::Credit, Decimal::of(*bytes).as_str()),
        _ => {}
    }
}

fn task(task: &Task, parcel: &Parcel, key: Option<&Key>, put: &mut impl FnMut(Name<'_>, &str)) {
    put(Name::Type, &task.name);
    put_some(Name::TypeId, task.type_id.map(|id| id.0), put);
    if !task.id.is_empty() {
        put(Name::Id, &task.id);
    }
    if task.idempotent {
        put(Name::Idempotent, "true");
    }
    let expires = task.deadline.map(unix_millis);
    put_some(Name::Expires, expires, put);
    if let Some(address) = &task.address {
        put(Name::Address, address.as_str());
    }
    put_some(Name::Hops, some(task.hops), put);
    put_some(Name::Window, some(task.window), put);
    put_some(Name::Peer, some(task.peer), put);
    if task.identity.is_some() {
        let mut packed = Vec::new();
        Stated::of(&task.identity).pack(&mut packed);
        put(Name::Identity, &BASE64.encode(&packed));
        if let Some(key) = key {
            put(Name::Signature, &key.sign(task, expires, &packed, parcel));
        }
    }
    for (name, value) in task.metadata.iter() {
        match name {
            CONTENT_TYPE => put(Name::Other(METADATA_CONTENT_TYPE), value),
            // Nobody but the library says these: a caller that could would be believed.
            own if own.starts_with(OWN) => {}
            _ => put(Name::Other(name), value),
        }
    }
}

fn put_some(name: Name<'_>, value: Option<impl Into<u64>>, put: &mut impl FnMut(Name<'_>, &str)) {
    if let Some(value) = value {
        put(name, Decimal::of(value).as_str());
    }
}

/// What is not left out.
fn some<N: PartialEq + Default>(number: N) -> Option<N> {
    (number != N::default()).then_some(number)
}

/// A moment on the wall clock.
fn unix_millis(at: Instant) -> u64 {
    let left = at.saturating_duration_since(Instant::now());
    let since = (SystemTime::now() + left).duration_since(UNIX_EPOCH);
    // Not before the caller itself gives up.
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).map_or(u64::MAX, |millis| millis + 1)
    })
}
