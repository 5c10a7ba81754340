//! Tables, lists and values, and what is said where something else stands.

use std::collections::BTreeSet;

use super::Reader;
use crate::address::check_part;
use crate::escaped::Escaped;
use crate::host::config::tree::{Entry, Tree, Value};
use crate::pipeline::names::near;

/// The entries of a table whose keys are all known.
pub(super) struct Fields {
    entries: Vec<Entry>,
    /// Others were in it too, and have been faulted: what is missing may be one of them.
    pub(super) had_unknown: bool,
}

impl Fields {
    pub(super) fn take(&mut self, key: &str) -> Option<Tree> {
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.swap_remove(index).tree)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }
}

impl Reader<'_> {
    /// A table with some of these keys.
    pub(super) fn fields(&mut self, tree: Tree, known: &[&str]) -> Option<Fields> {
        let mut entries = self.table(tree)?;
        let all = entries.len();
        entries.retain(|entry| {
            let is_known = known.contains(&&*entry.key);
            if !is_known {
                let text = unknown("key", &entry.key, known);
                self.within(&entry.key, |reader| reader.fault::<()>(entry.at, text));
            }
            is_known
        });
        Some(Fields {
            had_unknown: entries.len() < all,
            entries,
        })
    }

    /// A table, each key once.
    pub(super) fn table(&mut self, tree: Tree) -> Option<Vec<Entry>> {
        let kind = tree.kind();
        let Value::Table(mut entries) = tree.value else {
            return self.fault(tree.at, format_args!("this is {kind}, write a table"));
        };
        let mut seen = BTreeSet::new();
        entries.retain(|entry| {
            let is_new = seen.insert(entry.key.clone());
            if !is_new {
                self.within(&entry.key, |reader| {
                    reader.fault::<()>(entry.at, "this stands twice, leave one out")
                });
            }
            is_new
        });
        Some(entries)
    }

    pub(super) fn list(&mut self, tree: Tree) -> Option<Vec<Tree>> {
        let kind = tree.kind();
        match tree.value {
            Value::List(items) => Some(items),
            _ => self.fault(
                tree.at,
                format_args!("this is {kind}, write a list: `[..]`"),
            ),
        }
    }

    pub(super) fn text(&mut self, tree: Tree) -> Option<String> {
        let kind = tree.kind();
        match tree.value {
            Value::Text(text) => Some(text),
            _ => self.fault(
                tree.at,
                format_args!("this is {kind}, write a text: `\"..\"`"),
            ),
        }
    }

    pub(super) fn integer(&mut self, tree: &Tree) -> Option<i64> {
        let kind = tree.kind();
        match tree.value {
            Value::Integer(integer) => Some(integer),
            _ => self.fault(
                tree.at,
                format_args!("this is {kind}, write a whole number"),
            ),
        }
    }

    pub(super) fn boolean(&mut self, tree: &Tree) -> Option<bool> {
        let kind = tree.kind();
        match tree.value {
            Value::Boolean(value) => Some(value),
            _ => self.fault(
                tree.at,
                format_args!("this is {kind}, write `true` or `false`"),
            ),
        }
    }

    /// Runs with a longer path.
    pub(super) fn within<T>(&mut self, key: &str, run: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(shown(key));
        let outcome = run(self);
        self.path.pop();
        outcome
    }

    /// Notes a fault at a byte. Always `None`, for whoever has nothing to go on with.
    pub(super) fn fault<T>(&mut self, at: usize, text: impl std::fmt::Display) -> Option<T> {
        self.faults
            .add(self.source.origin(at), self.path.join("."), text);
        None
    }
}

/// A key in a path, in quotes where it is no name.
pub(in crate::host::config) fn shown(key: &str) -> String {
    match check_part(key) {
        Ok(()) => key.to_owned(),
        Err(_) => format!("\"{}\"", Escaped(key).up_to(64)),
    }
}

/// Says that a word is none of those that are known.
pub(in crate::host::config) fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    match near(word, known.iter().copied()) {
        Some(near) => format!("unknown {what}, did you mean `{near}`?"),
        None => format!("unknown {what}, take one of `{}`", known.join("`, `")),
    }
}
