//! The rules of the layers.

use std::cmp::Ordering;

/// The row of a module, counted from the top.
pub(super) fn row(layers: &[&[&str]], module: &str) -> Result<usize, String> {
    layers.iter().position(|row| row.contains(&module)).ok_or_else(|| {
        format!("`{module}` has no row in the table of tests/it/layers: add it to the row it belongs to")
    })
}

/// Whether code in the module `from` may name the module `to`.
pub(super) fn judge(layers: &[&[&str]], from: &str, to: &str) -> Result<(), String> {
    if from == to {
        return Ok(());
    }
    let own = row(layers, from)?;
    let Ok(other) = row(layers, to) else {
        return Err(format!(
            "`{from}` imports `crate::{to}`, which is no module of the table: name the item by the \
             module that defines it, or give that module a row"
        ));
    };
    let place = match other.cmp(&own) {
        Ordering::Greater => return Ok(()),
        Ordering::Equal => "in the same row",
        Ordering::Less => "above it",
    };
    let below = match layers[own + 1..].concat() {
        below if below.is_empty() => "nothing: it is the last row".to_owned(),
        below => below.join(", "),
    };
    Err(format!(
        "`{from}` imports `crate::{to}`, which stands {place}; `{from}` may import only {below}"
    ))
}
