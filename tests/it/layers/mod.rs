//! Imports between the modules of `mitto` only go down.
//!
//! [`LAYERS`] is the table; [`imports`] finds what a file names of its own crate; [`rules`] judges it.

mod imports;
mod rules;

use std::fs;
use std::path::{Path, PathBuf};

use imports::Import;

/// The modules of `mitto/src`, highest first. A module imports only from the rows below its own.
const LAYERS: &[&[&str]] = &[
    &["host"],
    &["client", "server", "worker"],
    &["router", "session"],
    &["queue"],
    &["built_in"],
    &["provider", "pipeline"],
    &["handler", "middleware"],
    &["context"],
    &["job", "topic"],
    &["peer", "export"],
    &["framing", "in_flight", "schema"],
    &["message"],
    &["envelope"],
    &["auth"],
    &["address", "status", "limits", "codec", "transport"],
    &["panics"],
    &[
        "backoff",
        "error",
        "escaped",
        "runtime",
        "signals",
        "telemetry",
    ],
];

/// The table of contents, and the list of paths that generated code may name: they see every layer.
const EXEMPT: &[&str] = &["lib", "private"];

#[test]
fn imports_only_go_down() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mitto/src");
    let files = rust_files(&source);
    assert!(!files.is_empty(), "no source files in {}", source.display());
    let mut faults = Vec::new();
    for file in files {
        let path = file.strip_prefix(&source).expect("it was found there");
        let module = module_path(path);
        if EXEMPT.contains(&module.first().map_or("lib", String::as_str)) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a source file is readable UTF-8");
        faults.extend(
            check(&module, &text)
                .into_iter()
                .map(|(line, fault)| match line {
                    0 => format!("mitto/src/{}: {fault}", path.display()),
                    _ => format!("mitto/src/{}:{line}: {fault}", path.display()),
                }),
        );
    }
    assert!(
        faults.is_empty(),
        "imports must go down the layers:\n{}\n",
        faults.join("\n")
    );
}

#[test]
fn no_module_stands_in_two_rows() {
    let mut modules = LAYERS.concat();
    modules.sort_unstable();
    assert!(
        modules.is_sorted_by(|a, b| a < b),
        "listed twice: {modules:?}"
    );
}

/// What is wrong in one file, with its line; line 0 means the file as a whole.
fn check(module: &[String], text: &str) -> Vec<(usize, String)> {
    let Some(top) = module.first() else {
        return Vec::new();
    };
    if let Err(fault) = rules::row(LAYERS, top) {
        return vec![(0, fault)];
    }
    let imports = match imports::of(module, text) {
        Ok(imports) => imports,
        Err(fault) => return vec![(0, fault)],
    };
    let judge = |Import { line, name }| {
        rules::judge(LAYERS, top, &name)
            .err()
            .map(|fault| (line, fault))
    };
    imports.into_iter().filter_map(judge).collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the source folder is readable") {
        let path = entry.expect("its entries are readable").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort_unstable();
    files
}

/// `session/out.rs` is `[session, out]`, `session/mod.rs` is `[session]`, `lib.rs` is the root, `[]`.
fn module_path(file: &Path) -> Vec<String> {
    let without_extension = file.with_extension("");
    let mut module: Vec<String> = without_extension
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if module
        .last()
        .is_some_and(|last| last == "mod" || (last == "lib" && module.len() == 1))
    {
        module.pop();
    }
    module
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(module: &str, text: &str) -> Vec<(usize, String)> {
        check(
            &module.split("::").map(str::to_owned).collect::<Vec<_>>(),
            text,
        )
    }

    #[test]
    fn an_import_from_below_passes() {
        assert_eq!(
            faults(
                "session::out",
                "use crate::{framing::Head, status::Status};"
            ),
            []
        );
    }

    #[test]
    fn an_import_from_its_own_module_passes() {
        assert_eq!(
            faults(
                "session::out",
                "use crate::session::Config; use super::shared;"
            ),
            []
        );
    }

    #[test]
    fn an_upward_import_is_found() {
        let found = faults("status", "\nuse crate::peer::Peer;\n");
        assert_eq!(found.len(), 1);
        let (line, fault) = &found[0];
        assert_eq!(*line, 2);
        assert!(
            fault.contains("`crate::peer`") && fault.contains("above"),
            "{fault}"
        );
    }

    #[test]
    fn a_sideways_import_is_found() {
        let found = faults("codec::json", "fn f(_: crate::transport::Close) {}");
        assert_eq!(found.len(), 1);
        let (line, fault) = &found[0];
        assert_eq!(*line, 1);
        assert!(
            fault.contains("`crate::transport`") && fault.contains("same row"),
            "{fault}"
        );
    }

    #[test]
    fn a_module_without_a_row_is_found() {
        let found = faults("helpers::more", "");
        assert_eq!(found.len(), 1);
        assert!(
            found[0].1.contains("`helpers` has no row"),
            "{}",
            found[0].1
        );
    }

    #[test]
    fn an_item_of_the_root_is_found() {
        let found = faults(
            "session",
            "use crate::Status;\nuse crate::*;\nuse crate::private::Peer;",
        );
        let lines: Vec<usize> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 2, 3]);
    }

    #[test]
    fn files_name_their_modules() {
        assert_eq!(module_path(Path::new("lib.rs")), [""; 0]);
        assert_eq!(module_path(Path::new("status.rs")), ["status"]);
        assert_eq!(module_path(Path::new("session/mod.rs")), ["session"]);
        assert_eq!(module_path(Path::new("session/out.rs")), ["session", "out"]);
    }
}
