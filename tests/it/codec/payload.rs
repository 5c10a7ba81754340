use mitto::codec::Format;
use serde::Serialize;

use super::{PRETTY, decode, encode};

#[test]
fn payloads_are_what_others_expect() {
    #[derive(Serialize)]
    struct Ping {
        n: u8,
        name: Option<&'static str>,
    }

    let ping = Ping { n: 1, name: None };
    assert_eq!(
        encode(Format::JSON, &ping).expect("encodes"),
        br#"{"n":1,"name":null}"#
    );
    assert_eq!(
        encode(Format::MESSAGE_PACK, &ping).expect("encodes"),
        b"\x82\xa1n\x01\xa4name\xc0"
    );
    assert_eq!(encode(PRETTY, &[1]).expect("encodes"), b"[\n  1\n]");
}

#[test]
fn errors_say_what_is_wrong() {
    let error = decode::<Vec<String>>(Format::JSON, b"[1]").expect_err("not a string");
    let expected =
        "cannot decode JSON: invalid type: integer `1`, expected a string at line 1 column 2";
    assert_eq!(error.to_string(), expected);
    let error = decode::<u8>(Format::MESSAGE_PACK, b"\xa1a").expect_err("not a number");
    assert_eq!(
        error.to_string(),
        "cannot decode MessagePack: wrong msgpack marker FixStr(1)"
    );
    let error = decode::<u8>(Format::MESSAGE_PACK, b"\x01\x02").expect_err("two values");
    let expected = "cannot decode MessagePack: the payload goes on after the value";
    assert_eq!(error.to_string(), expected);
}
