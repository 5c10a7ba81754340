use std::collections::BTreeMap;

use mitto::codec::{Encoder, Format};
use serde::Serialize;

use super::{ALL, codecs, decode, encode};

#[derive(Serialize)]
struct Orders {
    note: Option<String>,
    orders: Vec<Order>,
}

#[derive(Serialize)]
struct Order {
    price: f64,
    at: Place,
}

#[derive(Serialize)]
enum Place {
    Named(Secret),
    Precise {
        lines: (u8, BTreeMap<String, Secret>),
    },
}

struct Secret(bool);

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 {
            serializer.serialize_u8(1)
        } else {
            Err(serde::ser::Error::custom("this stays here"))
        }
    }
}

fn order(price: f64, at: Place) -> Order {
    Order { price, at }
}

fn precise(fine: bool) -> Place {
    let lines = (
        1,
        [
            ("a".to_owned(), Secret(true)),
            ("b".to_owned(), Secret(fine)),
        ]
        .into(),
    );
    Place::Precise { lines }
}

fn reason<T: Serialize + ?Sized>(format: Format, value: &T) -> String {
    let mut out = b"before".to_vec();
    let error = Encoder::new(&codecs(), format, &mut out, 10_000)
        .encode(value)
        .expect_err("refused");
    assert_eq!(out, b"before", "{format}");
    error.to_string()
}

#[test]
fn failure_names_the_field_in_every_format() {
    for format in ALL.into_iter().chain([Format::COMPACT]) {
        let fine = order(1.0, Place::Named(Secret(true)));
        let last = order(1.0, precise(false));
        let orders = Orders {
            note: None,
            orders: vec![fine, last],
        };
        assert_eq!(
            reason(format, &orders),
            format!(
                "cannot encode as {format}: field `orders[1].at.Precise.lines[1][\"b\"]`: this stays here"
            )
        );
        let orders = Orders {
            note: None,
            orders: vec![order(1.0, Place::Named(Secret(false)))],
        };
        assert_eq!(
            reason(format, &orders),
            format!("cannot encode as {format}: field `orders[0].at.Named`: this stays here")
        );
        assert_eq!(
            reason(format, &Secret(false)),
            format!("cannot encode as {format}: this stays here")
        );
    }
}

#[test]
fn json_refuses_keys_that_are_no_text() {
    let points: BTreeMap<(u8, u8), u8> = [((1, 2), 3)].into();
    assert_eq!(
        reason(Format::JSON, &[("at", points)]),
        "cannot encode as JSON: field `[0][1]`: key must be a string"
    );
}

#[test]
fn receiver_refuses_the_null_of_a_json_nan() {
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let payload = encode(Format::JSON, &[float]).expect("encodes");
        assert_eq!(payload, b"[null]");
        let error = decode::<[f64; 1]>(Format::JSON, &payload).expect_err("no float");
        assert_eq!(
            error.to_string(),
            "cannot decode JSON: invalid type: null, expected f64 at line 1 column 5"
        );
    }
}

#[test]
fn compact_refuses_what_it_could_not_read() {
    #[derive(Serialize)]
    struct Flat {
        outer: Inner,
    }

    #[derive(Serialize)]
    struct Inner {
        #[serde(flatten)]
        rest: BTreeMap<String, u8>,
    }

    let rest = BTreeMap::new();
    let flat = Flat {
        outer: Inner { rest },
    };
    let expected = "cannot encode as compact: field `outer`: compact needs to know a length before the first \
                    value, which a list of unknown length or a flattened field does not say";
    assert_eq!(reason(Format::COMPACT, &flat), expected);

    #[derive(Serialize)]
    struct Short {
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<u8>,
    }

    let expected = "cannot encode as compact: field `[0].note`: compact cannot leave a field out, remove its \
                    `skip_serializing_if`";
    assert_eq!(reason(Format::COMPACT, &[Short { note: None }]), expected);
    encode(Format::COMPACT, &Short { note: Some(1) }).expect("it is there");
}

#[test]
fn deep_value_does_not_need_a_deep_stack_to_fail() {
    enum Deep {
        End,
        Next(Box<Deep>),
    }

    impl Serialize for Deep {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::End => Err(serde::ser::Error::custom("the end")),
                Self::Next(next) => serializer.serialize_some(next),
            }
        }
    }

    let deep = (0..1_000).fold(Deep::End, |deep, _| Deep::Next(Box::new(deep)));
    assert_eq!(reason(Format::XML, &deep), "cannot encode as XML: the end");
}
