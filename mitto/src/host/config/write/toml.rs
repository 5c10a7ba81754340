use std::fmt::Write;

use crate::host::config::tree::{Entry, Value};

/// Tables that an operator looks for get a header of their own; what is in them stands in one line.
const HEADERS: usize = 5;

pub(super) fn write(entries: &[Entry]) -> String {
    let mut out = String::new();
    table(&mut out, &mut Vec::new(), entries);
    out
}

/// Values first, as what comes after a header belongs to it.
fn table<'a>(out: &mut String, path: &mut Vec<&'a str>, entries: &'a [Entry]) {
    let is_header = |entry: &Entry| {
        matches!(&entry.tree.value, Value::Table(_))
            && path.len() < HEADERS
            && has_header(path, &entry.key)
    };
    let (below, values): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| is_header(entry));
    if !path.is_empty() && (!values.is_empty() || below.is_empty()) {
        if !out.is_empty() {
            out.push('\n');
        }
        let keys: Vec<String> = path.iter().map(|name| key(name)).collect();
        out.push_str(&format!("[{}]\n", keys.join(".")));
    }
    for entry in values {
        out.push_str(&key(&entry.key));
        out.push_str(" = ");
        value(out, &entry.tree.value, true);
        out.push('\n');
    }
    for entry in below {
        if let Value::Table(entries) = &entry.tree.value {
            path.push(&entry.key);
            table(out, path, entries);
            path.pop();
        }
    }
}

/// Those of `applications.A.nodes.N.handlers` and `hosts.H`.
fn has_header(path: &[&str], key: &str) -> bool {
    match path {
        [] | ["applications" | "hosts"] | ["applications", _, "nodes"] => true,
        ["applications", _] => key == "nodes",
        ["applications", _, "nodes", _] => matches!(key, "handlers" | "actions"),
        _ => false,
    }
}

fn value(out: &mut String, of: &Value, is_outermost: bool) {
    match of {
        // Never made from a configuration.
        Value::Null => out.push_str("\"\""),
        Value::Boolean(value) => out.push_str(&value.to_string()),
        Value::Integer(integer) => out.push_str(&integer.to_string()),
        Value::Float(number) if number.is_nan() => out.push_str("nan"),
        Value::Float(number) => out.push_str(&format!("{number:?}")),
        Value::Text(text) => quoted(out, text),
        Value::List(items) => {
            let is_long = is_outermost
                && items
                    .iter()
                    .any(|item| matches!(item.value, Value::Table(_)));
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                match (is_long, index) {
                    (true, _) => out.push_str("\n    "),
                    (false, 0) => {}
                    (false, _) => out.push_str(", "),
                }
                value(out, &item.value, false);
                if is_long {
                    out.push(',');
                }
            }
            out.push_str(if is_long { "\n]" } else { "]" });
        }
        Value::Table(entries) if entries.is_empty() => out.push_str("{}"),
        Value::Table(entries) => {
            out.push_str("{ ");
            for (index, entry) in entries.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                out.push_str(&key(&entry.key));
                out.push_str(" = ");
                value(out, &entry.tree.value, false);
            }
            out.push_str(" }");
        }
    }
}

fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(is_bare) {
        return name.to_owned();
    }
    let mut out = String::new();
    quoted(&mut out, name);
    out
}

fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
