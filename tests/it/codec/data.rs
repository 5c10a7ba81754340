use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

/// Something of everything that serde knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Everything {
    flag: bool,
    small: (i8, u8, i16, u16),
    large: (i32, u32, i64, u64),
    huge: (i128, u128),
    floats: (f32, f64),
    letter: char,
    text: String,
    unit: (),
    marker: Marker,
    wrapped: Wrapped,
    pair: Pair,
    maybe: Option<u16>,
    lists: Vec<Vec<i32>>,
    by_name: BTreeMap<String, Option<bool>>,
    by_number: BTreeMap<u32, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<String>,
    shape: Shape,
    tagged: Tagged,
    untagged: Untagged,
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Marker;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Wrapped(String);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Pair(u8, Option<String>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Shape {
    Point,
    Circle(u32),
    Line(i16, i16),
    Text { at: (i8, i8), text: String },
    Group(Vec<Shape>),
    Boxed(Box<Shape>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    None,
    Some { n: u64 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Untagged {
    Number(i64),
    Text(String),
    List(Vec<Untagged>),
}

pub(super) fn shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        Just(Shape::Point),
        any::<u32>().prop_map(Shape::Circle),
        any::<(i16, i16)>().prop_map(|(a, b)| Shape::Line(a, b)),
        (any::<(i8, i8)>(), any::<String>()).prop_map(|(at, text)| Shape::Text { at, text }),
    ];
    leaf.prop_recursive(6, 32, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Shape::Group),
            inner.prop_map(|shape| Shape::Boxed(Box::new(shape))),
        ]
    })
}

fn untagged() -> impl Strategy<Value = Untagged> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(Untagged::Number),
        any::<String>().prop_map(Untagged::Text),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| vec(inner, 0..4).prop_map(Untagged::List))
}

pub(super) fn everything() -> impl Strategy<Value = Everything> {
    let numbers = (
        any::<(i8, u8, i16, u16)>(),
        any::<(i32, u32, i64, u64)>(),
        any::<(i128, u128)>(),
    );
    let finite = (
        any::<f32>().prop_filter("JSON has no infinity", |n| n.is_finite()),
        any::<f64>().prop_filter("JSON has no infinity", |n| n.is_finite()),
    );
    let texts = (
        any::<char>(),
        any::<String>(),
        any::<String>(),
        any::<(u8, Option<String>)>(),
    );
    let lists = vec(vec(any::<i32>(), 0..20), 0..20);
    let maps = (
        btree_map(any::<String>(), any::<Option<bool>>(), 0..20),
        btree_map(any::<u32>(), any::<String>(), 0..20),
        btree_map("x[a-z]{0,3}", any::<u8>(), 0..4),
    );
    let options = any::<(bool, Option<u16>, Option<String>, Option<u64>)>();
    (
        numbers,
        finite,
        texts,
        lists,
        maps,
        options,
        shape(),
        untagged(),
    )
        .prop_map(
            |(numbers, floats, texts, lists, maps, options, shape, untagged)| Everything {
                flag: options.0,
                small: numbers.0,
                large: numbers.1,
                huge: numbers.2,
                floats,
                letter: texts.0,
                text: texts.1,
                unit: (),
                marker: Marker,
                wrapped: Wrapped(texts.2),
                pair: Pair(texts.3.0, texts.3.1),
                maybe: options.1,
                lists,
                by_name: maps.0,
                by_number: maps.1,
                left_out: options.2,
                shape,
                tagged: options.3.map_or(Tagged::None, |n| Tagged::Some { n }),
                untagged,
                rest: maps.2,
            },
        )
}
