use std::collections::BTreeMap;
use std::fmt::Debug;

use mitto::codec::Format;
use proptest::collection::vec;
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{decode, encode};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Upload {
    #[serde(with = "serde_bytes")]
    content: Vec<u8>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Line(String);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Marker;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Empty {}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Two {
    a: u8,
    b: u8,
}

fn assert_is<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, payload: &[u8]) {
    assert_eq!(encode(Format::BYTES, value).expect("encodes"), payload);
    let back: T = decode(Format::BYTES, payload).expect("decodes");
    assert_eq!(&back, value);
}

#[test]
fn payload_is_the_bytes_of_the_message() {
    let content = vec![0, 255, 1];
    assert_is(&content, &[0, 255, 1]);
    assert_is(&ByteBuf::from(content.clone()), &[0, 255, 1]);
    assert_is(&Upload { content }, &[0, 255, 1]);
    assert_is(&[7_u8, 8], &[7, 8]);
    assert_is(&"grüezi".to_owned(), "grüezi".as_bytes());
    assert_is(&Line("a\0b".to_owned()), b"a\0b");
    assert_is(&'é', "é".as_bytes());
    assert_is(&(), b"");
    assert_is(&Marker, b"");
    assert_is(&Empty {}, b"");
}

#[test]
fn anything_else_is_refused_by_name() {
    fn reason<T: Serialize>(value: &T) -> String {
        let error = encode(Format::BYTES, value).expect_err("refused");
        error.to_string()
    }

    let rule = "bytes carry one text or one list of bytes, with at most one struct around it, not";
    let refusals = [
        (reason(&Two { a: 1, b: 2 }), "`Two`, which has 2 fields"),
        (reason(&5), "a number"),
        (reason(&true), "a bool"),
        (reason(&Some("a")), "an option"),
        (reason(&None::<String>), "an option"),
        (reason(&Ok::<u8, u8>(1)), "an enum"),
        (reason(&BTreeMap::from([(1, 2)])), "a map"),
    ];
    for (reason, what) in refusals {
        assert_eq!(reason, format!("cannot encode as bytes: {rule} {what}"));
    }
    let expected = format!("cannot encode as bytes: field `[1]`: {rule} a number");
    assert_eq!(reason(&(1_u8, 2_u16)), expected);
    let expected = format!("cannot encode as bytes: field `[0]`: {rule} a list of `Line`");
    assert_eq!(reason(&[One { line: 1 }]), expected);
}

#[derive(Serialize)]
#[serde(rename = "Line")]
struct One {
    line: u8,
}

#[test]
fn payloads_of_other_types_are_refused() {
    assert!(decode::<String>(Format::BYTES, b"\xff").is_err());
    assert!(decode::<()>(Format::BYTES, b"a").is_err());
    assert!(decode::<Marker>(Format::BYTES, b"a").is_err());
    assert!(decode::<Empty>(Format::BYTES, b"a").is_err());
    assert!(decode::<[u8; 2]>(Format::BYTES, b"a").is_err());
    assert!(decode::<[u8; 2]>(Format::BYTES, b"abc").is_err());
    assert!(decode::<char>(Format::BYTES, b"abc").is_err());
    let error = decode::<Two>(Format::BYTES, b"ab").expect_err("two fields");
    assert!(
        error.to_string().ends_with("not `Two`, which has 2 fields"),
        "{error}"
    );
    assert!(decode::<u32>(Format::BYTES, b"ab").is_err());
    assert!(decode::<Option<u8>>(Format::BYTES, b"").is_err());
}

proptest! {
    #[test]
    fn any_bytes_and_texts_come_back(bytes in vec(any::<u8>(), 0..500), text in any::<String>()) {
        assert_is(&bytes, &bytes);
        assert_is(&text, text.as_bytes());
        let _ = decode::<String>(Format::BYTES, &bytes);
        let _ = decode::<Two>(Format::BYTES, &bytes);
    }
}
