//! A value of each type, in each format.

use std::collections::BTreeMap;

use mitto::codec::Format;
use serde::Serialize;
use serde_bytes::ByteBuf;

use super::encode;
use super::types::{Adjacent, Flat, Nothing, Record, Shape, Tagged, Untagged, Wrapped};

pub(crate) fn json() -> Vec<Vec<u8>> {
    seeds(Format::JSON)
}

pub(crate) fn message_pack() -> Vec<Vec<u8>> {
    seeds(Format::MESSAGE_PACK)
}

pub(crate) fn xml() -> Vec<Vec<u8>> {
    seeds(Format::XML)
}

pub(crate) fn bytes() -> Vec<Vec<u8>> {
    seeds(Format::BYTES)
}

pub(crate) fn compact() -> Vec<Vec<u8>> {
    seeds(Format::COMPACT)
}

/// Those that the format carries, each behind the number of its type.
fn seeds(format: Format) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    let mut add = |number: u8, payload: Option<Vec<u8>>| {
        seeds.extend(payload.map(|payload| [&[number][..], &payload].concat()));
    };
    let record = |child| Record {
        flag: true,
        small: (-1, 255, -300, 300),
        large: (-70_000, 70_000, i64::MIN, u64::MAX),
        huge: (i128::MIN, u128::MAX),
        floats: (0.5, -1e300),
        letter: 'ß',
        text: "a \"text\" <b> & \\ \u{1}".to_owned(),
        wrapped: Wrapped(Some("in it".to_owned())),
        maybe: Some(Some(7)),
        bytes: ByteBuf::from([0, 1, 254, 255]),
        lists: vec![vec![1, -2], vec![], vec![3]],
        by_number: [(1, "one".to_owned()), (1 << 20, String::new())].into(),
        shapes: vec![Shape::Point, Shape::Circle(7)],
        child,
        ..Record::default()
    };
    add(0, bytes_of(format, &record(None)));
    add(0, bytes_of(format, &record(Some(Box::new(record(None))))));
    let text = Shape::Text {
        at: (-1, 1),
        text: "x".to_owned(),
    };
    let group = Shape::Group(vec![text, Shape::Line(1, -1), Shape::Point]);
    add(1, bytes_of(format, &Shape::Boxed(Box::new(group.clone()))));
    let deep = (0..20).fold(group, |inner, _| Shape::Group(vec![inner]));
    add(1, bytes_of(format, &deep));
    add(2, bytes_of(format, &vec![(); 3]));
    let list = || Untagged::List(vec![Untagged::Number(-7), Untagged::Text("t".to_owned())]);
    let map = [
        ("k".to_owned(), list()),
        ("f".to_owned(), Untagged::Float(0.5)),
    ];
    add(3, bytes_of(format, &Untagged::Map(map.into())));
    add(3, bytes_of(format, &Untagged::Flag(true)));
    let map = BTreeMap::from([("a b", Some(0.1)), ("", None), ("c", Some(f64::MAX))]);
    add(4, bytes_of(format, &map));
    add(5, bytes_of(format, "plain \u{1F600} text"));
    add(6, bytes_of(format, &ByteBuf::from("bytes")));
    let flat = |tagged, adjacent| Flat {
        tagged,
        adjacent,
        left_out: None,
        rest: [("more".to_owned(), list())].into(),
    };
    let pair = Adjacent::Pair(1, "p".to_owned());
    add(7, bytes_of(format, &flat(Tagged::Some { n: 9 }, pair)));
    add(7, bytes_of(format, &flat(Tagged::None, Adjacent::Unit)));
    add(8, bytes_of(format, &Nothing {}));
    add(8, bytes_of(format, &record(None)));
    add(9, bytes_of(format, &vec![vec![Some(1_u16), None], vec![]]));
    seeds
}

fn bytes_of<T: Serialize + ?Sized>(format: Format, value: &T) -> Option<Vec<u8>> {
    encode(format, &value).ok()
}
