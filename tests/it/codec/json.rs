//! JSON is written as `serde_json` writes it, and only text is read.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use mitto::codec::Format;
use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::data::everything;
use super::{decode, encode};

/// Checks that a value becomes the same bytes, or is refused for the same reason.
#[track_caller]
fn check<T: Serialize + ?Sized>(value: &T) {
    match serde_json::to_vec(value) {
        Ok(expected) => {
            let payload = encode(Format::JSON, value).expect("what the other writes");
            assert_eq!(
                payload.escape_ascii().to_string(),
                expected.escape_ascii().to_string()
            );
        }
        Err(expected) => {
            let error = encode(Format::JSON, value).expect_err("what the other refuses");
            let reason = format!("cannot encode as JSON: {expected}");
            assert!(
                error.to_string().starts_with(&reason),
                "{error}, not {reason}"
            );
        }
    }
}

/// A value that is written by its `Display`, piece by piece.
struct Shown<'a>(&'a [&'a str]);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| f.write_str(piece))
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
enum Variants<'a> {
    #[serde(rename = "a \"quoted\" unit")]
    Unit,
    Tuple(),
    Struct {},
    Newtype(Option<&'a RawValue>),
    Raw {
        before: u8,
        #[serde(rename = "wh\\at")]
        what: &'a RawValue,
        behind: [bool; 2],
    },
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
enum Key {
    A,
    #[serde(rename = "\n")]
    B,
}

fn map<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    entries.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_value_is_written_as_by_serde_json(value in everything(), text in any::<String>()) {
        check(&value);
        check(&text);
        check(&Shown(&[&text, "", &text]));
    }
}

#[test]
fn every_character_is_written_as_by_serde_json() {
    for code in (0..0x180).chain([0x2028, 0xffff, 0x1_f600]) {
        let Some(character) = char::from_u32(code) else {
            continue;
        };
        check(&character);
        for before in 0..18 {
            check(&format!(
                "{}{character}{character}{}",
                "-".repeat(before),
                "b".repeat(before / 2)
            ));
        }
    }
}

#[test]
fn rare_values_are_written_as_by_serde_json() {
    let raw = RawValue::from_string("{\"as\": [\"it\\n\", 1e999]}".to_owned()).expect("JSON");
    check(&Empty {});
    check(&[(); 0]);
    check(&(
        (),
        None::<u8>,
        [0.1_f32, f32::NAN, f32::MIN],
        [f64::INFINITY, 1e300, -0.0],
    ));
    check(&(u128::MAX, i128::MIN, u64::MAX, i64::MIN, u8::MAX, i8::MIN));
    check(&[Variants::Unit, Variants::Tuple(), Variants::Struct {}]);
    check(&(Variants::Newtype(None), Variants::Newtype(Some(&*raw))));
    check(&(&*raw, "behind"));
    check(&Variants::Raw {
        before: 1,
        what: &raw,
        behind: [true, false],
    });
    check(serde_bytes::Bytes::new(b"bytes\n"));
    check(&serde_json::json!({"a": [1.5, -1, null, {"b": {}}], "": []}));
}

#[test]
fn keys_of_maps_are_written_as_by_serde_json() {
    check(&map::<u8, u8>([]));
    check(&map([("a\"b", map([(1, 2), (-3, 4)])), ("c", map([]))]));
    check(&map([(true, 'x'), (false, 'y')]));
    check(&map([('"', 1), ('b', 2)]));
    check(&map([(Key::A, 1), (Key::B, 2)]));
    check(&map([(Some(u128::MAX), 1)]));
    check(&map([(None::<u8>, 1)]));
    check(&map([(Vec::<u8>::new(), 1)]));
    check(&map([((), 1)]));
    check(&map([((1, 2), 1)]));
}

#[test]
fn bytes_that_are_no_text_are_refused_also_where_nothing_reads_them() {
    let error = decode::<IgnoredAny>(Format::JSON, b"[\"\xff\"]").expect_err("not UTF-8");
    assert_eq!(error.to_string(), "cannot decode JSON: not UTF-8 at byte 2");
}
