//! What the compiler says about mistakes.
//!
//! `ui/fail` has one mistake a file, named for it; the first line says how many errors it must give,
//! and the `.stderr` beside it what the pinned compiler prints. To write the texts again, and then
//! read what changed: `TRYBUILD=overwrite cargo test -p mitto-tests --test it ui::`.

mod codes;
mod rules;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whose texts the `.stderr` files are. Any other compiler must only refuse the same.
const COMPILER: &str = "rustc 1.95.";

/// Where the texts of another compiler go, for nobody to read.
const ELSEWHERE: &str = "MITTO_UI_ELSEWHERE";

#[test]
fn mistakes_are_explained() {
    if env::var_os(ELSEWHERE).is_none() && !compiler().starts_with(COMPILER) {
        return mistakes_are_refused();
    }
    let root = env::var(ELSEWHERE).unwrap_or_else(|_| "ui/fail".to_owned());
    // Apart from the cases that pass: on its own this is one run of cargo.
    let cases = trybuild::TestCases::new();
    cases.compile_fail(format!("{root}/*/*.rs"));
}

#[test]
fn correct_code_compiles() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
}

/// The same cases, copied to where their texts may be written.
fn mistakes_are_refused() {
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("ui-fail");
    let cases = files(Path::new("ui/fail"), "rs");
    assert!(!cases.is_empty());
    for case in cases {
        let to = root.join(case.strip_prefix("ui/fail").expect("found there"));
        fs::create_dir_all(to.parent().expect("is in a folder")).unwrap();
        fs::copy(&case, to).unwrap();
    }
    let again = Command::new(env::current_exe().unwrap())
        .args(["ui::mistakes_are_explained", "--exact", "--nocapture"])
        .env("TRYBUILD", "overwrite")
        .env(ELSEWHERE, &root)
        .status()
        .unwrap();
    assert!(again.success(), "a mistake compiles with {}", compiler());
}

fn compiler() -> String {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = Command::new(rustc).arg("--version").output().unwrap();
    String::from_utf8(version.stdout).unwrap()
}

/// All files in the folders of `root` whose name ends with `extension`, sorted.
fn files(root: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}
