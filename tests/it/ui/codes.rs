//! The codes of the mistakes: each has one meaning, is explained, and is seen in a case.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::files;

const DERIVE: &str = "../mitto-derive/src";
const LIBRARY: &str = "../mitto/src";
const PAGE: &str = "../mitto/src/docs/errors.md";

#[test]
fn a_code_means_one_mistake() {
    for (code, places) in places() {
        assert_eq!(places.len(), 1, "{code} is used for several: {places:#?}");
    }
}

#[test]
fn every_code_is_explained_once_and_no_other() {
    let page = fs::read_to_string(PAGE).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `E"));
    let mut explained: Vec<String> = rows.filter_map(|row| code(format!("E{row}"))).collect();
    explained.sort();
    let emitted: Vec<String> = places().into_keys().collect();
    assert_eq!(explained, emitted);
}

#[test]
fn every_code_is_seen_in_a_case() {
    let mut seen = BTreeSet::new();
    for text in files(Path::new("ui/fail"), "stderr") {
        let text = fs::read_to_string(text).unwrap();
        seen.extend(text.lines().flat_map(|line| after(line, "[mitto::")));
    }
    let emitted = places().into_keys();
    let unseen: Vec<String> = emitted.filter(|code| !seen.contains(code)).collect();
    assert!(unseen.is_empty(), "in no `.stderr`: {unseen:?}");
}

/// Each code, with the lines that use it. Two bounds with one text are one use.
fn places() -> BTreeMap<String, BTreeSet<String>> {
    let mut places: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (root, begins) in [
        (DERIVE, &["Code::"][..]),
        (LIBRARY, &["[mitto::", ".refuse(\""]),
    ] {
        for file in files(Path::new(root), "rs") {
            let text = fs::read_to_string(&file).unwrap();
            for (at, line) in text.lines().enumerate() {
                for code in begins.iter().flat_map(|begin| after(line, begin)) {
                    let place = match line.contains("message =") {
                        true => line.trim().to_owned(),
                        false => format!("{}:{}", file.display(), at + 1),
                    };
                    places.entry(code).or_default().insert(place);
                }
            }
        }
    }
    places
}

/// The codes that follow `begin`.
fn after(line: &str, begin: &str) -> Vec<String> {
    let rest = line.split(begin).skip(1);
    rest.filter_map(code).collect()
}

/// `E` and three digits, where a text begins so and the digits end there.
fn code(text: impl AsRef<str>) -> Option<String> {
    let text = text.as_ref();
    let code = text.get(..4)?;
    let digits = code.strip_prefix('E')?;
    let ends = !text[4..].starts_with(|c: char| c.is_ascii_digit());
    (ends && digits.chars().all(|c| c.is_ascii_digit())).then(|| code.to_owned())
}
