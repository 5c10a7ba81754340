//! The rows that are printed.

use std::fmt::Display;

/// Prints a row for each figure, and remembers whether all hold.
pub(crate) struct Report {
    all_hold: bool,
    prefix: String,
}

impl Report {
    pub(crate) fn new(bare: bool) -> Self {
        if !bare {
            println!("| figure | bound | measured | ok |");
            println!("| --- | --- | --- | --- |");
        }
        Self {
            all_hold: true,
            prefix: String::new(),
        }
    }

    /// What the rows from now on are about.
    pub(crate) fn about(&mut self, prefix: impl Into<String>) {
        self.prefix = prefix.into();
    }

    pub(crate) fn row(
        &mut self,
        figure: impl Display,
        bound: impl Display,
        measured: impl Display,
        holds: bool,
    ) {
        let ok = if holds { "yes" } else { "NO" };
        println!(
            "| {}: {figure} | {bound} | {measured} | {ok} |",
            self.prefix
        );
        self.all_hold &= holds;
    }

    /// A count that is to be 0.
    pub(crate) fn none(&mut self, figure: impl Display, count: usize) {
        self.row(figure, 0, count, count == 0);
    }

    /// Those that are wrong, for whoever looks for the reason.
    pub(crate) fn examples(&self, examples: &[String]) {
        for example in examples {
            eprintln!("{}: {example}", self.prefix);
        }
    }

    /// A row that is there to be read only.
    pub(crate) fn note(&mut self, figure: impl Display, measured: impl Display) {
        println!("| {}: {figure} | | {measured} | |", self.prefix);
    }

    pub(crate) fn all_hold(&self) -> bool {
        self.all_hold
    }
}
