use serde::{Serialize, Serializer};

use crate::host::config::tree::{Entry, Value};

pub(super) fn write(entries: &[Entry]) -> String {
    let mut text = serde_json::to_string_pretty(&Table(entries)).expect("texts are its only keys");
    text.push('\n');
    text
}

struct Table<'a>(&'a [Entry]);

impl Serialize for Table<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.0.iter();
        serializer.collect_map(entries.map(|entry| (&entry.key, One(&entry.tree.value))))
    }
}

struct One<'a>(&'a Value);

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Boolean(value) => serializer.serialize_bool(*value),
            Value::Integer(integer) => serializer.serialize_i64(*integer),
            Value::Float(number) => serializer.serialize_f64(*number),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(items) => serializer.collect_seq(items.iter().map(|item| One(&item.value))),
            Value::Table(entries) => Table(entries).serialize(serializer),
        }
    }
}
