//! Properties as the structs that steps want.

use std::collections::BTreeMap;

use mitto::pipeline::{Properties, Property};
use serde::Deserialize;

#[derive(Debug, Deserialize, PartialEq)]
struct Settings {
    name: String,
    #[serde(default)]
    max_depth: Option<u32>,
    #[serde(default)]
    factor: f64,
    #[serde(default)]
    eager: bool,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    inner: Inner,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    #[default]
    Slow,
    VeryFast,
    Every(u8),
}

#[derive(Debug, Default, Deserialize, PartialEq)]
struct Inner {
    #[serde(default)]
    deep: i8,
}

fn named() -> Properties {
    Properties::new().with("name", "x")
}

fn settings() -> Settings {
    Settings {
        name: "x".into(),
        max_depth: None,
        factor: 0.0,
        eager: false,
        mode: Mode::Slow,
        hosts: Vec::new(),
        inner: Inner::default(),
    }
}

#[test]
fn values_and_texts_of_values_are_read() {
    let typed = named()
        .with("max_depth", 5)
        .with("factor", 1.5)
        .with("eager", true)
        .with("mode", "very-fast")
        .with("hosts", vec!["a", "b"])
        .with("inner", Properties::new().with("deep", -1));
    let texts = Properties::new()
        .with("Name", "x")
        .with("MaxDepth", " 5 ")
        .with("FACTOR", "1.5")
        .with("Eager", "True")
        .with("Mode", "VeryFast")
        .with("Hosts", vec!["a", "b"])
        .with("Inner", Properties::new().with("Deep", "-1"));
    let expected = Settings {
        max_depth: Some(5),
        factor: 1.5,
        eager: true,
        mode: Mode::VeryFast,
        hosts: vec!["a".into(), "b".into()],
        inner: Inner { deep: -1 },
        ..settings()
    };
    assert_eq!(typed.read::<Settings>().unwrap(), expected);
    assert_eq!(texts.read::<Settings>().unwrap(), expected);
    assert_eq!(named().read::<Settings>().unwrap(), settings());
    let every = named().with("mode", Properties::new().with("every", "3"));
    assert_eq!(every.read::<Settings>().unwrap().mode, Mode::Every(3));
    // A text stays one where a text is wanted.
    let map: BTreeMap<String, String> = Properties::new().with("a", "5").read().unwrap();
    assert_eq!(map["a"], "5");
    let () = Properties::new().read().unwrap();
    assert_eq!(Properties::new().read::<Option<Inner>>().unwrap(), None);
}

#[test]
fn what_is_wrong_is_named() {
    for (properties, told) in [
        (Properties::new(), "property `name` is missing, add it"),
        (
            named().with("max_depht", 1),
            "unknown property `max_depht`, did you mean `max_depth`?",
        ),
        (
            named().with("color\u{202e}", 1),
            "unknown property `color\\u{202e}`, take one of `name`, `max_depth`, `factor`, `eager`, `mode`, \
             `hosts`, `inner`",
        ),
        (
            named().with("max_depth", -1),
            "property `max_depth`: invalid value: integer `-1`, expected u32",
        ),
        (
            named().with("max_depth", "many"),
            "property `max_depth`: invalid type: string \"many\", expected u32",
        ),
        (
            Properties::new().with("name", 1),
            "property `name`: invalid type: integer `1`, expected a string",
        ),
        (
            named().with("eager", "yes"),
            "property `eager`: invalid type: string \"yes\", expected a boolean",
        ),
        (
            named().with("inner", Properties::new().with("deep", 1000)),
            "property `inner.deep`: invalid value: integer `1000`, expected i8",
        ),
        (
            named().with("inner", Properties::new().with("dep", 1)),
            "property `inner`: unknown property `dep`, did you mean `deep`?",
        ),
        (
            named().with("mode", "fast"),
            "property `mode`: unknown variant `fast`, expected one of `slow`, `very-fast`, `every`",
        ),
        (
            named().with("mode", "every"),
            "property `mode`: `every` needs a value, write `{ every = .. }`",
        ),
        (named().with("Name", "y"), "duplicate field `name`"),
    ] {
        let error = properties.read::<Settings>().unwrap_err();
        assert_eq!(error.to_string(), told);
    }
    let one = Properties::new().with("a", Property::Boolean(true));
    assert_eq!(
        one.read::<()>().unwrap_err().to_string(),
        "unknown property `a`, this takes none"
    );
}
