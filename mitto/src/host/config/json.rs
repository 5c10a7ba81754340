//! JSON, read.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::origin::Source;
use super::tree::{Entry, MAX_DEPTH, Refusal, Tree, Value};

pub(super) fn read(source: &Source<'_>) -> Result<Tree, Refusal> {
    // It checks the syntax of the whole text, without recursion.
    match serde_json::from_str(source.text()) {
        Ok(raw) => tree(source, raw, 1),
        Err(error) => Err(refusal(source.at(error.line(), error.column()), &error)),
    }
}

/// A raw value borrows its text from the whole, which tells where it stands.
fn tree(source: &Source<'_>, raw: &RawValue, depth: usize) -> Result<Tree, Refusal> {
    let text = raw.get();
    let at = source.offset(text).unwrap_or(0);
    if depth > MAX_DEPTH + 1 {
        return Err(Refusal::too_deep(at));
    }
    let value = match text.as_bytes().first() {
        Some(b'{') => {
            let Entries(entries) = parse(at, text)?;
            let entries = entries.into_iter().map(|(key, value)| {
                let at = source.offset(key.get()).unwrap_or(at);
                let value = tree(source, value, depth + 1)?;
                Ok(Entry::new(parse::<String>(at, key.get())?, at, value))
            });
            Value::Table(entries.collect::<Result<_, _>>()?)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = parse(at, text)?;
            let items = items.into_iter().map(|item| tree(source, item, depth + 1));
            Value::List(items.collect::<Result<_, _>>()?)
        }
        Some(b'"') => Value::Text(parse(at, text)?),
        Some(b't' | b'f') => Value::Boolean(parse(at, text)?),
        Some(b'n') => Value::Null,
        _ if text.contains(['.', 'e', 'E']) => Value::Float(parse(at, text)?),
        _ => match text.parse() {
            Ok(integer) => Value::Integer(integer),
            Err(_) => return Err(Refusal::new(at, "a number that is too large")),
        },
    };
    Ok(Tree::new(at, value))
}

fn parse<'a, T: Deserialize<'a>>(at: usize, text: &'a str) -> Result<T, Refusal> {
    serde_json::from_str(text).map_err(|error| refusal(at, &error))
}

fn refusal(at: usize, error: &serde_json::Error) -> Refusal {
    let text = error.to_string();
    // The place is said in our own way.
    let text = text
        .rsplit_once(" at line ")
        .map_or(&*text, |(text, _)| text);
    Refusal::new(at, format!("not JSON: {text}"))
}

/// An object with all its entries, those too that stand twice.
struct Entries<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
