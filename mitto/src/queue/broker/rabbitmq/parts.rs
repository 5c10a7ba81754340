//! The properties of a message, part by part.

use std::collections::BTreeMap;

use lapin::BasicProperties;
use lapin::types::{AMQPValue, ShortString};

use super::names::SHORT;
use crate::queue::broker::wire::head;
use crate::queue::broker::wire::name::Name;

/// What the property `app-id` begins with, before what is the library's own and has no property.
pub(super) const APP: &str = "mitto;";

/// The places of a message, while they are filled.
#[derive(Default)]
pub(super) struct Parts {
    kind: Option<ShortString>,
    correlation: Option<ShortString>,
    reply_to: Option<ShortString>,
    content_type: Option<ShortString>,
    id: Option<ShortString>,
    /// What is the library's own, behind [`APP`].
    own: String,
    /// Whether anything is put there.
    in_short: bool,
    headers: BTreeMap<ShortString, AMQPValue>,
    /// How many all have, at most.
    pub(super) bytes: usize,
}

impl Parts {
    /// `in_short`: what has no property is put behind [`APP`] together, and not into headers.
    pub(super) fn new(in_short: bool) -> Self {
        Self {
            in_short,
            ..Self::default()
        }
    }

    pub(super) fn put(&mut self, name: Name<'_>, value: &str) {
        self.bytes += name.as_str().len() + value.len() + 8;
        let property = match name {
            Name::Type => &mut self.kind,
            Name::Correlation => &mut self.correlation,
            Name::ReplyTo => &mut self.reply_to,
            Name::ContentType => &mut self.content_type,
            Name::Id => &mut self.id,
            _ => return self.put_elsewhere(name, value),
        };
        match property.is_none() && value.len() <= SHORT {
            true => *property = Some(value.into()),
            false => self.put_elsewhere(name, value),
        }
    }

    fn put_elsewhere(&mut self, name: Name<'_>, value: &str) {
        // With all that is escaped in it.
        let fits = self.own.len() + 3 * value.len() + APP.len() <= SHORT;
        if self.in_short && fits {
            if self.own.capacity() == 0 {
                self.own.reserve(32);
            }
            if head::put(&mut self.own, 0, APP, name, value) {
                return;
            }
        }
        self.put_header(name.as_str(), value);
    }

    pub(super) fn put_header(&mut self, name: &str, value: &str) {
        if name.len() <= SHORT {
            put(&mut self.headers, name, value);
        }
    }

    pub(super) fn into_properties(self) -> BasicProperties {
        let mut properties = BasicProperties::default();
        if let Some(kind) = self.kind {
            properties = properties.with_type(kind);
        }
        if let Some(correlation) = self.correlation {
            properties = properties.with_correlation_id(correlation);
        }
        if let Some(reply_to) = self.reply_to {
            properties = properties.with_reply_to(reply_to);
        }
        if let Some(content_type) = self.content_type {
            properties = properties.with_content_type(content_type);
        }
        if let Some(id) = self.id {
            properties = properties.with_message_id(id);
        }
        if !self.own.is_empty() {
            properties = properties.with_app_id(self.own.into());
        }
        match self.headers.is_empty() {
            true => properties,
            false => properties.with_headers(self.headers.into()),
        }
    }
}

/// A name with several values has an array of them.
fn put(headers: &mut BTreeMap<ShortString, AMQPValue>, name: &str, value: &str) {
    let value = AMQPValue::LongString(value.into());
    let value = match headers.remove(name) {
        None => value,
        Some(AMQPValue::FieldArray(before)) => {
            let mut values = before.as_slice().to_vec();
            values.push(value);
            AMQPValue::FieldArray(values.into())
        }
        Some(before) => AMQPValue::FieldArray(vec![before, value].into()),
    };
    headers.insert(name.into(), value);
}
