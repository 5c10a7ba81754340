//! TOML, read.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::origin::Source;
use super::tree::{Entry, MAX_DEPTH, Refusal, Tree, Value};

pub(super) fn read(source: &Source<'_>) -> Result<Tree, Refusal> {
    match DeTable::parse(source.text()) {
        Ok(table) => {
            let at = table.span().start;
            Ok(Tree::new(at, entries(table.into_inner(), 1)?))
        }
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            Err(Refusal::new(at, format!("not TOML: {}", error.message())))
        }
    }
}

fn entries(table: DeTable<'_>, depth: usize) -> Result<Value, Refusal> {
    let entries = table.into_iter().map(|(key, value)| {
        let at = key.span().start;
        Ok(Entry::new(key.into_inner(), at, tree(value, depth)?))
    });
    Ok(Value::Table(entries.collect::<Result<_, _>>()?))
}

fn tree(value: Spanned<DeValue<'_>>, depth: usize) -> Result<Tree, Refusal> {
    let at = value.span().start;
    if depth > MAX_DEPTH {
        return Err(Refusal::too_deep(at));
    }
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Boolean(value) => Value::Boolean(value),
        DeValue::Datetime(time) => Value::Text(time.to_string()),
        DeValue::Integer(digits) => match i64::from_str_radix(digits.as_str(), digits.radix()) {
            Ok(integer) => Value::Integer(integer),
            Err(_) => return Err(Refusal::new(at, "a number that is too large")),
        },
        DeValue::Float(digits) => match digits.as_str().parse() {
            Ok(number) => Value::Float(number),
            Err(_) => return Err(Refusal::new(at, "a number that cannot be read")),
        },
        DeValue::Array(items) => {
            let items = items.into_iter().map(|item| tree(item, depth + 1));
            Value::List(items.collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => entries(table, depth + 1)?,
    };
    Ok(Tree::new(at, value))
}
