//! Each line of the page on delivery has tests that show it, and they are here.
//!
//! A cell of its tables stands for a list of tests. A name alone is that of a fact, which each broker of the column
//! has to have as a test; a path is that of one test.

mod brokers;
mod connections;

use std::collections::BTreeSet;
use std::process::Command;

const PAGE: &str = include_str!("../../../mitto/src/docs/delivery.md");

/// A table of the page.
struct Table {
    /// The first cell of its head, which may be empty.
    head: &'static str,
    columns: &'static [Column],
    rows: &'static [Row],
}

/// Its head, and where the tests of its facts are.
struct Column(&'static str, &'static [&'static str]);

/// Its first cell, and the tests of each other one. One that is empty on the page has none.
struct Row(&'static str, &'static [Cell]);

type Cell = &'static [&'static str];

/// The cells of a table, head first.
fn cells(table: &Table) -> Vec<Vec<&'static str>> {
    let begins = format!("| {} | {} |", table.head, table.columns[0].0).replace("|  |", "| |");
    let lines = PAGE.lines().skip_while(|line| !line.starts_with(&begins));
    let lines = lines.take_while(|line| line.starts_with('|'));
    let rows = lines.filter(|line| !line.starts_with("| ---"));
    let rows = rows.map(|row| {
        let row = row.trim_start_matches('|').trim_end_matches('|');
        row.split('|').map(str::trim).collect()
    });
    rows.collect()
}

fn tests() -> BTreeSet<String> {
    let listed = Command::new(std::env::current_exe().expect("a program"))
        .args(["--list", "--format", "terse"])
        .output()
        .expect("it lists its tests");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let names = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"));
    names.map(str::to_owned).collect()
}

/// What is wrong about a cell's tests.
fn missing(tests: &BTreeSet<String>, column: &Column, name: &str) -> Vec<String> {
    if name.contains("::") {
        let known = tests.contains(name)
            || tests
                .iter()
                .any(|test| test.starts_with(&format!("{name}::")));
        return if known {
            Vec::new()
        } else {
            vec![name.to_owned()]
        };
    }
    let end = format!("::{name}");
    let known = |place: &str| {
        tests
            .iter()
            .any(|test| test.starts_with(place) && test.ends_with(&end))
    };
    let places = column.1.iter().filter(|place| !known(place));
    places.map(|place| format!("{place}..{end}")).collect()
}

/// That the page has this table, and each of its cells has its tests.
fn hold(table: &Table) {
    let tests = tests();
    let page = cells(table);
    assert!(
        !page.is_empty(),
        "the page has no table of `{}`",
        table.columns[0].0
    );
    let heads: Vec<_> = table.columns.iter().map(|column| column.0).collect();
    assert_eq!(page[0][1..], heads, "the columns of `{}`", table.head);
    let names: Vec<_> = page[1..].iter().map(|row| row[0]).collect();
    let rows: Vec<_> = table.rows.iter().map(|row| row.0).collect();
    assert_eq!(names, rows, "the rows of `{}`", table.head);
    let mut wrong = Vec::new();
    for (row, said) in table.rows.iter().zip(&page[1..]) {
        assert_eq!(row.1.len(), table.columns.len(), "{}", row.0);
        for ((cell, column), said) in row.1.iter().zip(table.columns).zip(&said[1..]) {
            if cell.is_empty() != said.is_empty() {
                wrong.push(format!(
                    "{} / {}: {said:?} has {} tests",
                    row.0,
                    column.0,
                    cell.len()
                ));
            }
            for name in *cell {
                wrong.extend(missing(&tests, column, name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A table without tests would say what nobody has tried.
#[test]
fn every_table_is_known() {
    let mut heads = Vec::new();
    let mut before = "";
    for line in PAGE.lines() {
        if line.starts_with("| ---") {
            heads.push(before.split('|').nth(1).unwrap_or_default().trim());
        }
        before = line;
    }
    // What the codes mean is told by each of the other lines.
    let known = ["code", "", "", brokers::PROMISES.head, brokers::DEATHS.head];
    assert_eq!(heads, known);
}
