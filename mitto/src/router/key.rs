//! The value of a field of a message, as a number, without knowing the message's type.
//!
//! All servers must come to the same number, so that it does not matter which of them a request passes.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::codec::Decoder;
use crate::job::{Job, OwnedJob};
use crate::message::Payload;

/// The hash of a field's value; `None` where there is no such field.
pub(super) fn of(job: &Job<'_>, field: &str) -> Option<u64> {
    if let Some(value) = job.metadata.get(field) {
        return Some(hash(value.as_bytes()));
    }
    let fields: Fields = match &job.payload {
        Payload::Encoded { format, bytes } => Decoder::new(job.codecs, *format, bytes).decode(),
        Payload::Value(_) => {
            let owned = OwnedJob::copy(job, usize::MAX).ok()?;
            Decoder::new(job.codecs, owned.format, &owned.payload).decode()
        }
    }
    .ok()?;
    let wanted = hash(field.as_bytes());
    let mut fields = fields.0.into_iter();
    fields.find_map(|(name, value)| (name == wanted).then_some(value)?)
}

/// FNV-1a.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Spreads what a number says over all its bits, as SplitMix64 ends.
#[inline]
pub(super) fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// The hashes of the names of all fields, and of their values where those are simple.
struct Fields(Vec<(u64, Option<u64>)>);

/// The hash of a text, or of anything else as a text.
struct Hashed(Option<u64>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fields with names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Vec::new();
        while let Some(Hashed(name)) = map.next_key()? {
            let Hashed(value) = map.next_value()?;
            fields.extend(name.map(|name| (name, value)));
        }
        Ok(Fields(fields))
    }
}

impl<'de> Deserialize<'de> for Hashed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HashedVisitor)
    }
}

struct HashedVisitor;

macro_rules! as_text {
    ($($visit:ident $type:ty),* $(,)?) => {$(
        fn $visit<E>(self, value: $type) -> Result<Hashed, E> {
            Ok(Hashed(Some(hash(value.to_string().as_bytes()))))
        }
    )*};
}

impl<'de> Visitor<'de> for HashedVisitor {
    type Value = Hashed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    as_text! {
        visit_bool bool,
        visit_i64 i64,
        visit_u64 u64,
        visit_i128 i128,
        visit_u128 u128,
        visit_f64 f64,
        visit_char char,
    }

    fn visit_str<E>(self, value: &str) -> Result<Hashed, E> {
        Ok(Hashed(Some(hash(value.as_bytes()))))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Hashed, E> {
        Ok(Hashed(Some(hash(value))))
    }

    fn visit_none<E>(self) -> Result<Hashed, E> {
        Ok(Hashed(None))
    }

    fn visit_unit<E>(self) -> Result<Hashed, E> {
        Ok(Hashed(None))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Hashed, D::Error> {
        Hashed::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Hashed, D::Error> {
        Hashed::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Hashed, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Hashed(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Hashed, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Hashed(None))
    }
}
