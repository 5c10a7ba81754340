//! Texts that nobody would write: no crash, and no long time.

use std::time::{Duration, Instant};

use mitto::host::config::Configuration;
use proptest::prelude::*;

use super::{WHOLE, refusal};

fn whole_in_every_format() -> [String; 3] {
    let configuration = Configuration::from_toml(WHOLE).unwrap();
    [
        WHOLE.to_owned(),
        configuration.to_json(),
        configuration.to_xml(),
    ]
}

#[test]
fn half_of_a_text_is_refused_or_read() {
    for text in whole_in_every_format() {
        for (end, _) in text.trim_end().char_indices() {
            let half = &text[..end];
            // Half a TOML file may be one.
            match Configuration::from_text(half) {
                Ok(_) => assert!(!half.starts_with(['{', '<'])),
                Err(error) => assert!(!error.faults().is_empty()),
            }
        }
    }
}

#[test]
fn what_nests_deep_is_refused() {
    let deep = |open: &str, close: &str| open.repeat(10_000) + &close.repeat(10_000);
    for text in [
        format!("x = {}", deep("[", "]")),
        format!("x = {}", deep("{ a = ", "}")),
        format!("[{}a]", "a.".repeat(10_000)),
        format!("{}a = 1", "a.".repeat(10_000)),
        format!("{{\"x\": {}}}", deep("[", "]")),
        format!(
            "{{\"x\": {}1{}}}",
            "{\"a\":".repeat(10_000),
            "}".repeat(10_000)
        ),
        format!(
            "<AjMessages>{}</AjMessages>",
            deep("<Handler Name=\"a\">", "</Handler>")
        ),
        "<AjMessages>".repeat(10_000),
    ] {
        refusal(Configuration::from_text(&text));
    }
    let told = refusal(Configuration::from_json(&format!(
        "{{\"x\": {}}}",
        deep("[", "]")
    )));
    assert_eq!(
        told,
        "line 1, column 71: this nests deeper than 64 levels, make it flatter"
    );
}

#[test]
fn pipelines_that_nest_by_name_are_bounded() {
    let node = "[applications.a.nodes.n]\n";
    let chain: String = (0..10_000)
        .map(|n| format!("handlers.p{n} = [\"p{}\"]\n", n + 1))
        .collect();
    let told = refusal(Configuration::from_toml(&format!(
        "{node}{chain}handlers.p10000 = \"x\""
    )));
    assert!(
        told.contains("pipelines stand more than 64 deep in each other"),
        "{told}"
    );
    let doubled: String = (0..60)
        .map(|n| format!("handlers.p{n} = [\"p{}\", \"p{}\"]\n", n + 1, n + 1))
        .collect();
    let told = refusal(Configuration::from_toml(&format!(
        "{node}{doubled}handlers.p60 = \"x\"\nactions.A = \"p0\""
    )));
    assert_eq!(
        told,
        "line 63, column 9: applications.a.nodes.n.actions.A: this is more than 256 steps, split it"
    );
}

#[test]
fn what_is_shared_too_often_is_refused() {
    let handlers: String = (0..1_000)
        .map(|n| format!("handlers.h{n} = \"x\"\n"))
        .collect();
    let nodes: String = (0..1_000)
        .map(|n| format!("[applications.a.nodes.n{n}]\nlike = \"w\"\n"))
        .collect();
    let told = refusal(Configuration::from_toml(&format!(
        "[nodes.w]\n{handlers}{nodes}"
    )));
    assert!(
        told.contains("more than 262144 handlers and actions in all"),
        "{told}"
    );
}

#[test]
fn a_long_text_takes_no_long_time() {
    let n = 20_000;
    let began = Instant::now();
    for text in [
        format!("x = [{}]", "1, ".repeat(10 * n)),
        format!("{{{}\"x\": 1}}", "\"x\": 1,".repeat(5 * n)),
        format!("{{\"hosts\": {{{}}}}}", {
            let hosts: Vec<String> = (0..n)
                .map(|n| format!("\"h{n}\": {{\"address\": \"ws://x\"}}"))
                .collect();
            hosts.join(",")
        }),
        format!("hosts = {{ {} }}", {
            let hosts: Vec<String> = (0..n)
                .map(|host| format!("h{}=1", host * 7919 % n))
                .collect();
            hosts.join(",")
        }),
        format!("<AjMessages>{}", "<Host Name=\"a\"/>".repeat(3 * n)),
        format!(
            "hosts.h.address = \"ws://x\"\nhosts.h.runs = [{}]",
            "\"a\", ".repeat(5 * n)
        ),
        "\n".repeat(Configuration::MAX_BYTES - 1) + "x",
        "é".repeat(Configuration::MAX_BYTES / 2),
        "#".repeat(10 << 20),
        format!("{} = 1", "x".repeat(10 << 10)),
        format!("[hosts.{}]\naddress = \"ws://x\"", "x".repeat(10 << 10)),
    ] {
        if let Err(error) = Configuration::from_text(&text) {
            let told = error.to_string();
            assert!(told.len() < 64 << 10, "{} bytes", told.len());
        }
    }
    // Seconds would be minutes where something is quadratic.
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn long_names_are_told_short() {
    let name = "x".repeat(10 << 10);
    let told = refusal(Configuration::from_toml(&format!(
        "[hosts.{name}]\naddress = \"ws://x\""
    )));
    assert_eq!(
        told,
        format!(
            "line 1, column 8: hosts.\"{}...\": the name of the host is too long, take 1 to 64 of A-Z a-z 0-9 _ -",
            "x".repeat(64)
        )
    );
}

proptest! {
    #[test]
    fn any_text_is_refused_or_read(text in any::<String>()) {
        for read in [Configuration::from_toml, Configuration::from_json, Configuration::from_xml] {
            if let Err(error) = read(&text) {
                let is_hidden = error.to_string().contains(['\u{202e}', '\u{1b}', '\0']);
                prop_assert!(!is_hidden);
            }
        }
    }

    #[test]
    fn any_change_of_a_text_is_refused_or_read(
        format in 0..3_usize,
        at in any::<prop::sample::Index>(),
        length in 0..40_usize,
        with in prop_oneof![
            "[\\[\\]{}<>\"'=,./a-z0-9\\\\&;#\n -]{0,8}",
            any::<String>(),
        ],
    ) {
        let texts = whole_in_every_format();
        let text: Vec<char> = texts[format].chars().collect();
        let at = at.index(text.len());
        let rest = (at + length).min(text.len());
        let mut changed: String = text[..at].iter().collect();
        changed.push_str(&with);
        changed.extend(&text[rest..]);
        if let Ok(configuration) = Configuration::from_text(&changed) {
            // What is taken is taken again, in every format, and can be looked at.
            let again = Configuration::from_json(&configuration.to_json());
            prop_assert_eq!(&again.unwrap(), &configuration);
            let again = Configuration::from_toml(&configuration.to_toml());
            prop_assert_eq!(&again.unwrap(), &configuration);
            for application in configuration.applications() {
                for node in application.nodes() {
                    for action in node.actions() {
                        node.steps(action).unwrap();
                    }
                }
            }
            let _ = Configuration::new().changes(&configuration).to_string();
        }
    }
}
