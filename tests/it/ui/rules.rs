//! What every text must keep to, so that it does not rot.

use std::fs;
use std::path::Path;

use super::files;

/// The most lines of one error.
const LINES: usize = 15;

/// The same where the compiler itself reports a bound, with its own notes.
const LINES_OF_A_BOUND: usize = 20;

/// Longer, and why.
const LONGER: &[(&str, usize)] = &[
    // The compiler lists the types that are an `Extract`, which is of use here.
    ("ui/fail/provider/argument_is_no_extractor.rs", 24),
    // A lifetime that the schema cannot see: the compiler's own words.
    ("ui/fail/message/borrowed_message_in_use.rs", 18),
];

#[test]
fn texts_are_short_and_on_the_users_tokens() {
    let mut faults = Vec::new();
    for case in files(Path::new("ui/fail"), "rs") {
        let shown = case.display().to_string();
        let expected = expected_errors(&fs::read_to_string(&case).unwrap());
        let Ok(text) = fs::read_to_string(case.with_extension("stderr")) else {
            faults.push(format!("{shown}: has no `.stderr`"));
            continue;
        };
        let errors = errors(&text);
        if expected != Some(errors.len()) {
            let count = errors.len();
            faults.push(format!(
                "{shown}: has {count} errors, its first line says {expected:?}"
            ));
        }
        faults.extend(errors.iter().filter_map(|error| {
            let fault = fault(error, &shown)?;
            Some(format!("{shown}: {fault}: {}", error[0]))
        }));
    }
    for text in files(Path::new("ui/fail"), "stderr") {
        if !text.with_extension("rs").exists() {
            faults.push(format!("{}: has no case", text.display()));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What the first line of a case says: `//! errors: 1`.
fn expected_errors(case: &str) -> Option<usize> {
    let first = case.lines().next()?;
    first.strip_prefix("//! errors: ")?.parse().ok()
}

/// The lines of each error or warning, as they are seen: all but the empty one between two.
fn errors(text: &str) -> Vec<Vec<&str>> {
    let mut errors: Vec<Vec<&str>> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let is_first = line.starts_with("error") || line.starts_with("warning");
        match errors.last_mut() {
            Some(error) if !is_first => error.push(line),
            _ => errors.push(vec![line]),
        }
    }
    errors
}

fn fault(error: &[&str], case: &str) -> Option<&'static str> {
    let reports_bound = error[0].starts_with("error[E0277]")
        || error
            .iter()
            .any(|line| line.starts_with("note: required by a bound"));
    let limit = match reports_bound {
        true => LINES_OF_A_BOUND,
        false => LINES,
    };
    let longer = LONGER.iter().find(|(longer, _)| *longer == case);
    let limit = longer.map_or(limit, |(_, lines)| *lines);
    let place = format!("--> {case}:");
    if error[0].starts_with("warning") {
        Some("warns beside the error")
    } else if error.len() > limit {
        Some("is too long")
    } else if !error.get(1).is_some_and(|line| line.contains(&place)) {
        Some("is reported at another place")
    } else if error.iter().any(|line| line.contains("$N others")) {
        Some("lists other types")
    } else {
        None
    }
}
