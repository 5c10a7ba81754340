//! Types of every shape that serde knows.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// What is done with a type.
pub(crate) trait Visit {
    fn visit<T: Serialize + DeserializeOwned>(&mut self);
}

/// Visits the type of a number.
pub(crate) fn visit(number: u8, visit: &mut impl Visit) {
    match number % 10 {
        0 => visit.visit::<Record>(),
        1 => visit.visit::<Shape>(),
        2 => visit.visit::<Vec<()>>(),
        3 => visit.visit::<Untagged>(),
        4 => visit.visit::<BTreeMap<String, Option<f64>>>(),
        5 => visit.visit::<String>(),
        6 => visit.visit::<ByteBuf>(),
        7 => visit.visit::<Flat>(),
        8 => visit.visit::<Nothing>(),
        _ => visit.visit::<Vec<Vec<Option<u16>>>>(),
    }
}

/// A field of every kind.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) flag: bool,
    pub(crate) small: (i8, u8, i16, u16),
    pub(crate) large: (i32, u32, i64, u64),
    pub(crate) huge: (i128, u128),
    pub(crate) floats: (f32, f64),
    pub(crate) letter: char,
    pub(crate) text: String,
    pub(crate) unit: (),
    pub(crate) wrapped: Wrapped,
    pub(crate) maybe: Option<Option<u16>>,
    pub(crate) bytes: ByteBuf,
    pub(crate) lists: Vec<Vec<i32>>,
    pub(crate) by_number: BTreeMap<u32, String>,
    pub(crate) shapes: Vec<Shape>,
    pub(crate) child: Option<Box<Record>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Wrapped(pub(crate) Option<String>);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Shape {
    Point,
    Circle(u32),
    Line(i16, i16),
    Text { at: (i8, i8), text: String },
    Group(Vec<Shape>),
    Boxed(Box<Shape>),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Untagged {
    Number(i64),
    Float(f64),
    Flag(bool),
    Text(String),
    List(Vec<Untagged>),
    Map(BTreeMap<String, Untagged>),
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Flat {
    pub(crate) tagged: Tagged,
    pub(crate) adjacent: Adjacent,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left_out: Option<u8>,
    #[serde(flatten)]
    pub(crate) rest: BTreeMap<String, Untagged>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub(crate) enum Tagged {
    None,
    Some { n: u64 },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
pub(crate) enum Adjacent {
    Pair(u8, String),
    Unit,
}

/// Ignores everything.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Nothing {}
