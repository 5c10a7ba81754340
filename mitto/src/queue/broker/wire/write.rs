//! A parcel, taken apart.

use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE64;

use super::decimal::Decimal;
use super::{
    ADDRESS, CONTENT_TYPE, CORRELATION, CREDIT, EXPIRES, HOPS, ID, IDEMPOTENT, IDENTITY, KIND, Key,
    METADATA_CONTENT_TYPE, OWN, PEER, REPLY_TO, SIGNATURE, STATUS, TYPE, TYPE_ID, WINDOW,
    content_type, known,
};
use crate::auth::Stated;
use crate::queue::broker::{Parcel, ParcelKind, Task};
use crate::runtime::Instant;

/// Hands all that a parcel has beside its body to `put`, by name. `key` signs an identity, which travels
/// without a signature where there is none. Gives back the body.
pub fn write(parcel: Parcel, key: Option<&Key>, put: impl FnMut(&str, &str)) -> Vec<u8> {
    write_head(&parcel, key, put);
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
    mut put: impl FnMut(&str, &str),
) {
    put(KIND, parcel.kind.name());
    if !parcel.correlation.is_empty() {
        put(CORRELATION, &parcel.correlation);
    }
    if let Some(reply_to) = &parcel.reply_to {
        put(REPLY_TO, reply_to);
    }
    if let Some(format) = parcel.format {
        match known(format) {
            Some(known) => put(CONTENT_TYPE, known),
            None => put(CONTENT_TYPE, &content_type(format)),
        }
    }
    match &parcel.kind {
        ParcelKind::Task(task) | ParcelKind::Published(task) => {
            self::task(task, parcel, key, &mut put);
        }
        ParcelKind::Status(status) => {
            put(STATUS, Decimal::of(u16::from(status.code())).as_str());
        }
        ParcelKind::Credit(bytes) => put(CREDIT, Decimal::of(*bytes).as_str()),
        _ => {}
    }
}

fn task(task: &Task, parcel: &Parcel, key: Option<&Key>, put: &mut impl FnMut(&str, &str)) {
    put(TYPE, &task.name);
    put_some(TYPE_ID, task.type_id.map(|id| id.0), put);
    if !task.id.is_empty() {
        put(ID, &task.id);
    }
    if task.idempotent {
        put(IDEMPOTENT, "true");
    }
    let expires = task.deadline.map(unix_millis);
    put_some(EXPIRES, expires, put);
    if let Some(address) = &task.address {
        put(ADDRESS, address.as_str());
    }
    put_some(HOPS, some(task.hops), put);
    put_some(WINDOW, some(task.window), put);
    put_some(PEER, some(task.peer), put);
    if task.identity.is_some() {
        let mut packed = Vec::new();
        Stated::of(&task.identity).pack(&mut packed);
        put(IDENTITY, &BASE64.encode(&packed));
        if let Some(key) = key {
            put(SIGNATURE, &key.sign(task, expires, &packed, parcel));
        }
    }
    for (name, value) in task.metadata.iter() {
        match name {
            CONTENT_TYPE => put(METADATA_CONTENT_TYPE, value),
            // Nobody but the library says these: a caller that could would be believed.
            own if own.starts_with(OWN) => {}
            _ => put(name, value),
        }
    }
}

fn put_some(name: &str, value: Option<impl Into<u64>>, put: &mut impl FnMut(&str, &str)) {
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
