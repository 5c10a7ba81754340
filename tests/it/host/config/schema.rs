//! The schema for editors says what the reader takes.

use mitto::host::config::Configuration;
use serde_json::{Map, Value};

use super::WHOLE;

const OF_ONE_KIND: &[&str] = &[
    "minimum",
    "minItems",
    "items",
    "minLength",
    "pattern",
    "required",
    "minProperties",
    "maxProperties",
    "propertyNames",
    "properties",
    "additionalProperties",
];

/// Whether a value is valid, by the words that the schema uses; any other word is a fault of the schema.
fn is_valid(root: &Value, schema: &Value, value: &Value) -> bool {
    let words = schema.as_object().expect("a schema is an object");
    words.iter().all(|(word, of)| match (&**word, value) {
        ("$schema" | "title" | "description" | "$defs", _) => true,
        ("$ref", _) => {
            let place = of.as_str().and_then(|place| place.strip_prefix('#'));
            let target = place.and_then(|place| root.pointer(place));
            is_valid(root, target.expect("the schema has it"), value)
        }
        ("type", _) => of == kind(value),
        ("enum", _) => of.as_array().unwrap().contains(value),
        ("minimum", Value::Number(number)) => number.as_i64() >= of.as_i64(),
        ("minItems", Value::Array(items)) => items.len() as u64 >= of.as_u64().unwrap(),
        ("items", Value::Array(items)) => items.iter().all(|item| is_valid(root, of, item)),
        ("minLength", Value::String(text)) => text.len() as u64 >= of.as_u64().unwrap(),
        ("pattern", Value::String(text)) => matches(of.as_str().unwrap(), text),
        ("required", Value::Object(table)) => {
            let names = of.as_array().unwrap().iter();
            names
                .flat_map(Value::as_str)
                .all(|name| table.contains_key(name))
        }
        ("minProperties", Value::Object(table)) => table.len() as u64 >= of.as_u64().unwrap(),
        ("maxProperties", Value::Object(table)) => table.len() as u64 <= of.as_u64().unwrap(),
        ("propertyNames", Value::Object(table)) => {
            let mut names = table.keys();
            names.all(|name| is_valid(root, of, &Value::String(name.clone())))
        }
        ("properties", Value::Object(table)) => table
            .iter()
            .all(|(name, value)| of.get(name).is_none_or(|of| is_valid(root, of, value))),
        ("additionalProperties", Value::Object(table)) => {
            let empty = Map::new();
            let known = words
                .get("properties")
                .and_then(Value::as_object)
                .unwrap_or(&empty);
            let mut others = table.iter().filter(|(name, _)| !known.contains_key(*name));
            match of {
                Value::Bool(allowed) => *allowed || others.next().is_none(),
                of => others.all(|(_, value)| is_valid(root, of, value)),
            }
        }
        ("anyOf", _) => of
            .as_array()
            .unwrap()
            .iter()
            .any(|of| is_valid(root, of, value)),
        // They say nothing of other values.
        (word, _) if OF_ONE_KIND.contains(&word) => true,
        (word, _) => panic!("`{word}` is not known"),
    })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The three patterns that are used.
fn matches(pattern: &str, text: &str) -> bool {
    let is_name = |text: &str| {
        (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    };
    match pattern {
        "^[A-Za-z0-9_-]{1,64}$" => is_name(text),
        "^[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64})?$" => match text.split_once('/') {
            Some((application, node)) => is_name(application) && is_name(node),
            None => is_name(text),
        },
        "^[A-Za-z0-9+.-]+://." => text
            .split_once("://")
            .is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty()),
        pattern => panic!("`{pattern}` is not known"),
    }
}

#[test]
fn what_is_written_is_valid() {
    let schema: Value = serde_json::from_str(Configuration::json_schema()).unwrap();
    let configuration = Configuration::from_toml(WHOLE).unwrap();
    let value: Value = serde_json::from_str(&configuration.to_json()).unwrap();
    assert!(is_valid(&schema, &schema, &value));
}

#[test]
fn schema_and_reader_agree() {
    let schema: Value = serde_json::from_str(Configuration::json_schema()).unwrap();
    let node =
        |node: &str| format!("{{\"applications\": {{\"a\": {{\"nodes\": {{\"n\": {node}}}}}}}}}");
    let host = |host: &str| format!("{{\"hosts\": {{\"h\": {host}}}}}");
    for (text, is_taken) in [
        ("{}".to_owned(), true),
        ("{\"$schema\": \"x\", \"version\": 0}".to_owned(), true),
        ("{\"version\": -1}".to_owned(), false),
        ("{\"version\": \"1\"}".to_owned(), false),
        ("{\"verson\": 1}".to_owned(), false),
        (
            "{\"handlers\": {\"h\": \"x\"}, \"nodes\": {\"w\": {}}}".to_owned(),
            true,
        ),
        ("{\"applications\": {\"a b\": {}}}".to_owned(), false),
        (
            "{\"applications\": {\"a\": {\"nodes\": []}}}".to_owned(),
            false,
        ),
        (node("{}"), true),
        (node("{\"policy\": \"first\", \"provider\": \"p\"}"), true),
        (node("{\"policy\": \"fastest\"}"), false),
        (node("{\"policy\": {\"by-key\": \"x\"}}"), true),
        (node("{\"policy\": {}}"), false),
        (
            node("{\"handlers\": {\"h\": {\"type\": \"x\", \"properties\": {\"a\": [1]}}}}"),
            true,
        ),
        (node("{\"handlers\": {\"h\": 1}}"), false),
        (node("{\"handlers\": {\"h\": []}}"), false),
        (
            node(
                "{\"handlers\": {\"h\": \"x\", \"p\": [\"h\"]}, \"actions\": {\"A\": [\"p\", {\"type\": \"y\", \"name\": \"z\"}]}}",
            ),
            true,
        ),
        (node("{\"actions\": {\"A\": {\"typ\": \"y\"}}}"), false),
        (
            host(
                "{\"address\": \"ws://x\", \"local\": true, \"runs\": [\"a/b\"], \"key\": {\"env\": \"K\"}}",
            ),
            true,
        ),
        (host("{}"), false),
        (host("{\"address\": \"x\"}"), false),
        (
            host("{\"address\": \"ws://x\", \"key\": \"secret\"}"),
            false,
        ),
        (host("{\"address\": \"ws://x\", \"key\": {}}"), false),
        (
            host("{\"address\": \"ws://x\", \"key\": {\"file\": \"\"}}"),
            false,
        ),
        (
            host("{\"address\": \"ws://x\", \"runs\": [\"a/b/c\"]}"),
            false,
        ),
    ] {
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            is_valid(&schema, &schema, &value),
            is_taken,
            "schema: {text}"
        );
        let outcome = Configuration::from_json(&text);
        assert_eq!(outcome.is_ok(), is_taken, "reader: {text}: {outcome:?}");
    }
}
