//! What is bounded: at the bound it is taken, one more is refused. The page on limits has them all.

use mitto::host::config::{ConfigError, Configuration};

use super::files::Folder;
use super::refusal;

const PAGE: &str = include_str!("../../../../mitto/src/docs/limits.md");

/// A text of so many is taken, and of one more it is told what is wrong.
fn bound(most: usize, text: impl Fn(usize) -> String, told: &str) {
    if let Err(error) = Configuration::from_text(&text(most)) {
        panic!("{most}: {error}");
    }
    let error = refusal(Configuration::from_text(&text(most + 1)));
    assert!(error.contains(told), "{error}");
}

#[test]
fn page_has_them_all() {
    let rows = [
        (
            "text, with all that it imports",
            "4 MiB",
            Configuration::MAX_BYTES,
            4 << 20,
        ),
        (
            "files, imports included",
            "64",
            Configuration::MAX_FILES,
            64,
        ),
        (
            "levels of tables, lists and elements",
            "64",
            Configuration::MAX_DEPTH,
            64,
        ),
        ("pipelines in pipelines", "64", Configuration::MAX_DEPTH, 64),
        (
            "steps of an action, laid out",
            "256",
            Configuration::MAX_STEPS,
            256,
        ),
        (
            "handlers and actions of all nodes",
            "262,144",
            Configuration::MAX_ENTRIES,
            262_144,
        ),
        ("faults that are told", "32", ConfigError::MAX_FAULTS, 32),
        ("attributes of an XML element", "32", 32, 32),
        ("address of a host", "2,048 bytes", 2048, 2048),
        (
            "name of an application, node, action, handler or host",
            "64 characters",
            64,
            64,
        ),
        ("key of a host", "4,096 bytes", 4096, 4096),
    ];
    for (what, most, is, said) in rows {
        assert_eq!(is, said, "{what}");
        let row = format!("\n| {what} | {most} |");
        assert!(PAGE.contains(&row), "no {row}");
    }
}

#[test]
fn bytes_of_a_text() {
    let told = "larger than 4 MiB";
    bound(Configuration::MAX_BYTES, |bytes| "#".repeat(bytes), told);
}

#[test]
fn bytes_of_all_files() {
    let main = b"import = [\"more.toml\"]\n";
    for more in [0, 1] {
        let rest = vec![b'#'; Configuration::MAX_BYTES - main.len() + more];
        let folder = Folder::new(&[("main.toml", main), ("more.toml", &rest)]);
        match (more, folder.load("main.toml")) {
            (0, Ok(_)) => {}
            (1, Err(told)) => assert!(told.contains("larger than 4 MiB"), "{told}"),
            (more, loaded) => panic!("{more}: {loaded:?}"),
        }
    }
}

#[test]
fn files() {
    let name = |n: usize| format!("{n}.toml");
    for last in [Configuration::MAX_FILES - 1, Configuration::MAX_FILES] {
        let texts: Vec<_> = (0..=last)
            .map(|n| match n == last {
                true => (name(n), String::new()),
                false => (name(n), format!("import = [\"{}\"]", name(n + 1))),
            })
            .collect();
        let files = texts.iter();
        let files: Vec<_> = files
            .map(|(name, text)| (&**name, text.as_bytes()))
            .collect();
        let folder = Folder::new(&files);
        match folder.load("0.toml") {
            Ok(_) => assert!(last < Configuration::MAX_FILES),
            Err(told) => assert!(told.contains("more than 64 files"), "{told}"),
        }
    }
}

/// A property may be any value, which is inside of so many tables by then.
#[test]
fn levels_of_a_text() {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let told = "nests deeper than 64 levels";
    let toml = |levels: usize| {
        let value = nested(levels - 3);
        format!("handlers.log = {{ type = \"Print\", properties = {{ p = {value} }} }}")
    };
    bound(Configuration::MAX_DEPTH, toml, told);
    let json = |levels: usize| {
        let value = nested(levels - 3);
        format!(
            "{{\"handlers\": {{\"log\": {{\"type\": \"Print\", \"properties\": {{\"p\": {value}}}}}}}}}"
        )
    };
    bound(Configuration::MAX_DEPTH, json, told);
}

#[test]
fn pipelines_in_pipelines() {
    let text = |deep: usize| {
        let pipes = (0..deep).map(|n| format!("handlers.p{n} = [\"p{}\"]\n", n + 1));
        let pipes: String = pipes.collect();
        format!("[applications.a.nodes.n]\n{pipes}handlers.p{deep} = \"x\"\n")
    };
    bound(Configuration::MAX_DEPTH, text, "more than 64 deep");
}

#[test]
fn steps_of_an_action() {
    let text = |steps: usize| {
        let steps = "\"x\", ".repeat(steps);
        format!("[applications.a.nodes.n]\nhandlers.x = \"x\"\nactions.A = [{steps}]\n")
    };
    bound(Configuration::MAX_STEPS, text, "more than 256 steps");
}

#[test]
fn handlers_and_actions_of_all_nodes() {
    const EACH: usize = 1 << 10;
    let text = |entries: usize| {
        let handlers = (0..EACH).map(|n| format!("handlers.h{n} = \"x\"\n"));
        let handlers: String = handlers.collect();
        let nodes =
            (0..entries / EACH).map(|n| format!("[applications.a.nodes.n{n}]\nlike = \"w\"\n"));
        let nodes: String = nodes.collect();
        let rest = (0..entries % EACH).map(|n| format!("handlers.h{n} = \"x\"\n"));
        let rest: String = rest.collect();
        format!("[nodes.w]\n{handlers}{nodes}[applications.a.nodes.rest]\n{rest}")
    };
    bound(
        Configuration::MAX_ENTRIES,
        text,
        "more than 262144 handlers and actions",
    );
}

#[test]
fn faults_that_are_told() {
    for more in [0, 1] {
        let lines = (0..ConfigError::MAX_FAULTS + more).map(|n| format!("x{n} = 1\n"));
        let error = Configuration::from_toml(&lines.collect::<String>()).unwrap_err();
        assert_eq!(error.faults().len(), ConfigError::MAX_FAULTS);
        assert_eq!(error.to_string().contains("1 more"), more == 1, "{error}");
    }
}

#[test]
fn attributes_of_an_element() {
    let told = "more than 32 attributes";
    for more in [0, 1] {
        let attributes = (0..32 + more).map(|n| format!(" a{n}=\"\""));
        let attributes: String = attributes.collect();
        let error = refusal(Configuration::from_xml(&format!(
            "<AjMessages{attributes}/>"
        )));
        // None of them is known.
        assert_eq!(error.contains(told), more == 1, "{error}");
    }
}

#[test]
fn address_of_a_host() {
    let text = |bytes: usize| format!("hosts.h.address = \"{:x<bytes$}\"", "ws://h/");
    bound(2048, text, "longer than 2048 bytes");
}

#[test]
fn names() {
    let told = "is too long";
    bound(
        64,
        |length| format!("[applications.{}]", "x".repeat(length)),
        told,
    );
    let node = |length| format!("[applications.a.nodes.{}]", "x".repeat(length));
    bound(64, node, told);
    let host = |length| format!("hosts.{}.address = \"ws://h\"", "x".repeat(length));
    bound(64, host, told);
}
