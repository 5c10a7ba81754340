//! The rows that are printed.

use std::fmt::Display;

/// Prints a row for each figure, and remembers whether all hold.
pub(crate) struct Report {
    all_hold: bool,
}

impl Report {
    pub(crate) fn new(bare: bool) -> Self {
        if !bare {
            println!("| figure | bound | measured | ok |");
            println!("| --- | --- | --- | --- |");
        }
        Self { all_hold: true }
    }

    pub(crate) fn row(
        &mut self,
        figure: impl Display,
        bound: impl Display,
        measured: impl Display,
        holds: bool,
    ) {
        let ok = if holds { "yes" } else { "NO" };
        println!("| {figure} | {bound} | {measured} | {ok} |");
        self.all_hold &= holds;
    }

    /// A row that is there to be read only.
    pub(crate) fn note(&mut self, figure: impl Display, measured: impl Display) {
        println!("| {figure} | | {measured} | |");
    }

    pub(crate) fn all_hold(&self) -> bool {
        self.all_hold
    }
}

/// Bytes, as KiB or MiB.
pub(crate) fn bytes(bytes: f64) -> String {
    if bytes.abs() < 1024.0 * 1024.0 {
        format!("{:.1} KiB", bytes / 1024.0)
    } else {
        format!("{:.1} MiB", bytes / 1024.0 / 1024.0)
    }
}
