use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use mitto::codec::{CodecError, Format};
use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::cpu::Work;
use super::data::{Everything, Shape, Untagged};
use super::decode;

#[derive(Debug, Serialize, Deserialize)]
struct Nothing {}

/// Nests without a list, a map or a struct with fields.
#[derive(Debug, Serialize, Deserialize)]
struct Chain(Option<Box<Chain>>);

fn reason(payload: &str) -> String {
    let error = decode::<Nothing>(Format::XML, payload.as_bytes()).expect_err(payload);
    error.to_string().replace("cannot decode XML: ", "")
}

#[test]
fn what_a_payload_has_no_use_for_is_refused() {
    let refused = [
        ("<!DOCTYPE v><v/>", "a document type is refused at byte 12"),
        (
            "<v><!DOCTYPE v></v>",
            "a document type is refused at byte 15",
        ),
        (
            "<?run it?><v/>",
            "a processing instruction is refused at byte 10",
        ),
        (
            "<v><?run it?></v>",
            "a processing instruction is refused at byte 13",
        ),
        (
            "<v/><?run it?>",
            "a processing instruction is refused at byte 14",
        ),
        (
            " <?xml version='1.0'?><v/>",
            "an XML declaration may only stand first at byte 22",
        ),
        (
            "<?xml version='1.0' encoding='UTF-16'?><v/>",
            "the encoding is `UTF-16`, only UTF-8 is understood at byte 39",
        ),
        (
            "<v><a>&who;</a></v>",
            "entity `&who;` is not one of the five that XML has itself at byte 11",
        ),
        ("<v><a>&#0;</a></v>", "invalid character reference"),
        (
            "<v><a>&#1;</a></v>",
            "character U+0001 is not allowed in XML at byte 10",
        ),
        (
            "<v>\u{1}</v>",
            "character U+0001 is not allowed in XML at byte 3",
        ),
        (
            "<v t='map' t='map'/>",
            "an attribute stands twice in one element at byte 20",
        ),
        ("<v><a/>", "the payload ends within an element at byte 7"),
        ("<v/><v/>", "the payload goes on after the value at byte 8"),
        ("<v/>v", "the payload goes on after the value at byte 5"),
        ("v", "a text stands outside of the element at byte 1"),
        ("", "no element at byte 0"),
        ("<v>a<b/></v>", "a text stands beside elements at byte 4"),
    ];
    for (payload, expected) in refused {
        let reason = reason(payload);
        assert!(reason.starts_with(expected), "{payload}: {reason}");
    }
    let error = decode::<Nothing>(Format::XML, b"<v>\xff</v>").expect_err("not UTF-8");
    assert_eq!(error.to_string(), "cannot decode XML: not UTF-8 at byte 3");
    let utf_16 = b"\xff\xfe<\0v\0/\0>\0";
    assert!(decode::<Nothing>(Format::XML, utf_16).is_err());
}

#[test]
fn billion_laughs_are_not_told() {
    let mut document = "<!DOCTYPE v [<!ENTITY a0 \"ha\">".to_owned();
    for n in 1..30 {
        let inner = format!("&a{};", n - 1).repeat(10);
        document += &format!("<!ENTITY a{n} \"{inner}\">");
    }
    document += "]><v>&a29;</v>";
    assert!(reason(&document).starts_with("a document type is refused"));
    let external = "<!DOCTYPE v [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><v>&x;</v>";
    assert!(reason(external).starts_with("a document type is refused"));
}

/// Readings in a debug build take less work; what is quadratic takes minutes of it.
const SLOW: Duration = Duration::from_secs(20);

fn assert_quick(what: &str, payload: &str) {
    let work = Work::begin();
    let _ = decode::<Nothing>(Format::XML, payload.as_bytes());
    let _ = decode::<Untagged>(Format::XML, payload.as_bytes());
    let _ = decode::<BTreeMap<String, String>>(Format::XML, payload.as_bytes());
    assert!(work.done() < SLOW, "{what}: {:?}", work.done());
}

#[test]
fn time_is_linear_in_the_payload() {
    const MANY: usize = 50_000;
    let attributes: String = (0..MANY).map(|n| format!(" a{n}='{n}'")).collect();
    let work = Work::begin();
    let error = reason(&format!("<v{attributes}/>"));
    assert!(
        error.starts_with("more than 32 attributes in one element"),
        "{error}"
    );
    assert!(work.done() < SLOW, "{:?}", work.done());

    let long = "a".repeat(1 << 20);
    assert_quick("name", &format!("<v><{long}>1</{long}></v>"));
    assert_quick("attribute", &format!("<v n='{long}'/>"));
    assert_quick("hint", &format!("<v t='{long}'/>"));
    assert_quick("CDATA", &format!("<v><a><![CDATA[{long}]]></a></v>"));
    assert_quick(
        "many CDATA",
        &format!("<v><a>{}</a></v>", "<![CDATA[]]>".repeat(MANY)),
    );
    assert_quick("comments", &format!("<v>{}</v>", "<!---->".repeat(MANY)));
    assert_quick(
        "references",
        &format!("<v><a>{}</a></v>", "&amp;".repeat(4 * MANY)),
    );
    assert_quick("brackets", &"<".repeat(1 << 20));
    assert_quick("ampersands", &format!("<v>{}</v>", "&".repeat(1 << 20)));
    assert_quick("elements", &format!("<v>{}</v>", "<a/>".repeat(4 * MANY)));
    assert_quick("unclosed comment", &format!("<v>{}", "<!--".repeat(MANY)));
    assert_quick(
        "unclosed CDATA",
        &format!("<v>{}", "<![CDATA[".repeat(MANY)),
    );
    assert_quick("spaces", &format!("<v{}/>", " ".repeat(1 << 20)));
    assert_quick(
        "backslashes",
        &format!("<v t='esc'>{}</v>", "\\".repeat(1 << 20)),
    );
    let shown = reason(&format!("<v t='{long}'/>"));
    assert!(shown.len() < 300, "{shown}");
}

#[test]
fn hundred_thousand_levels_are_too_deep() {
    let bombs = [
        "<a>",
        "<a t='list'>",
        "<entry>",
        "<entry><key>",
        "<Boxed>",
        "<child>",
        "<v><ignored>",
    ];
    let run = move || {
        for bomb in bombs {
            let payload = bomb.repeat(100_000);
            let payload = payload.as_bytes();
            let errors = [
                decode::<IgnoredAny>(Format::XML, payload).map(drop),
                decode::<Everything>(Format::XML, payload).map(drop),
                decode::<Shape>(Format::XML, payload).map(drop),
                decode::<Untagged>(Format::XML, payload).map(drop),
                decode::<Vec<Nothing>>(Format::XML, payload).map(drop),
            ];
            assert!(errors.iter().all(Result::is_err), "{bomb}");
            assert!(
                matches!(errors[0], Err(CodecError::TooDeep)),
                "{bomb}: {:?}",
                errors[0]
            );
        }
        for chain in ["<v>text</v>", "<v t='nil'>100000</v>"] {
            let error = decode::<Chain>(Format::XML, chain.as_bytes());
            assert!(matches!(error, Err(CodecError::TooDeep)), "{error:?}");
        }
        decode::<Chain>(Format::XML, b"<v t='nil'>100</v>").expect("within the limit");
    };
    let thread = thread::Builder::new().stack_size(2 << 20).spawn(run);
    thread.expect("a thread").join().expect("no panic");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn random_documents_never_panic(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "<v>", "</v>", "<a/>", "<a>", "</a>", "<entry>", "</entry>", "<key>", "</key>", "<value>",
                "</value>", "<field n='x'>", "</field>", "<v t='list'>", "<v t='nil'>", "<v t='esc'>", "1",
                "<v t='bytes'>", "<v t='int'>", "\\u0000", "&amp;", "&#x41;", "<![CDATA[x]]>", "<!-- -->",
                " ", "<Boxed>", "</Boxed>", "Point",
            ]),
            0..16,
        )
    ) {
        let payload = format!("<v>{}</v>", pieces.concat());
        for payload in [pieces.concat(), payload] {
            let payload = payload.as_bytes();
            let _ = decode::<Everything>(Format::XML, payload);
            let _ = decode::<Untagged>(Format::XML, payload);
            let _ = decode::<Vec<Shape>>(Format::XML, payload);
            let _ = decode::<BTreeMap<u8, Vec<Option<f64>>>>(Format::XML, payload);
            let _ = decode::<Vec<Chain>>(Format::XML, payload);
        }
    }
}
