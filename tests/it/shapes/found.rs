//! The shapes that are found for types of every kind.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU8;

use mitto::message::Message;
use mitto::schema::Schema;
use mitto::{Notification, Request};
use serde::{Deserialize, Deserializer, Serialize};

use super::versions::{new, old};

/// The shape of a notification with one field of a type.
macro_rules! shape_of {
    ($(#[$attribute:meta])* $ty:ty) => {{
        #[derive(Serialize, Deserialize, Notification)]
        struct Holds {
            $(#[$attribute])*
            v: $ty,
        }
        let text = Holds::INFO.shape().expect("shapes are compared");
        let lines = text.lines().skip(1).map(|line| {
            line.trim_start_matches("notification.").replace('\t', "=")
        });
        lines.collect::<Vec<_>>().join(" ")
    }};
}

#[derive(Serialize, Deserialize)]
struct Unit;

#[derive(Serialize, Deserialize)]
struct Id(u64);

#[derive(Serialize, Deserialize)]
struct Pair(u8, String);

#[derive(Serialize, Deserialize)]
struct Point<T> {
    x: T,
    y: Option<T>,
}

#[derive(Serialize, Deserialize)]
struct Node {
    next: Option<Box<Node>>,
    all: Vec<Node>,
}

/// A newtype that holds itself.
#[derive(Serialize, Deserialize)]
struct Tree(Vec<Tree>);

/// Its first variant holds itself: none can be made up.
#[derive(Serialize, Deserialize)]
enum Term {
    Sum(Box<Term>, Box<Term>),
    Number(i64),
    Named { name: String, of: u8 },
    None,
}

#[derive(Serialize, Deserialize)]
#[expect(dead_code, reason = "only its shape counts")]
struct Attributes {
    #[serde(default)]
    a: u8,
    #[serde(rename = "bee")]
    b: u8,
    #[serde(skip)]
    c: u8,
    #[serde(alias = "dd", alias = "ddd")]
    d: NonZeroU8,
    e: u8,
}

#[derive(Serialize, Deserialize)]
struct Flat {
    a: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    A(u8),
    B(String),
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "t")]
enum Tagged {
    A { n: u8 },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    A { n: u8 },
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
struct Even(u32);

impl TryFrom<u32> for Even {
    type Error = String;

    fn try_from(_: u32) -> Result<Self, String> {
        Err("never".into())
    }
}

impl From<Even> for u32 {
    fn from(even: Even) -> Self {
        even.0
    }
}

/// Refuses everything before it asks.
#[derive(Serialize)]
struct Closed;

impl<'de> Deserialize<'de> for Closed {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("closed"))
    }
}

#[test]
fn every_kind_of_type_has_its_shape() {
    for (found, expected) in [
        (shape_of!(u8), "v=u8"),
        (shape_of!(i128), "v=i128"),
        (shape_of!(f32), "v=f32"),
        (shape_of!(char), "v=char"),
        (shape_of!(bool), "v=bool"),
        (shape_of!(()), "v=unit"),
        (shape_of!(Unit), "v=unit"),
        (shape_of!(String), "v=string"),
        (shape_of!(Box<str>), "v=string"),
        (shape_of!(#[serde(with = "serde_bytes")] Vec<u8>), "v=bytes"),
        (shape_of!(NonZeroU8), "v=u8"),
        (shape_of!(Id), "v=u64"),
        (shape_of!(Even), "v=u32"),
        (shape_of!(Vec<Option<u8>>), "v=list v.[]=option v.[].?=u8"),
        (
            shape_of!(BTreeMap<String, Id>),
            "v=map v.key=string v.value=u64",
        ),
        (shape_of!((u8, Id)), "v=tuple of 2 v.0=u8 v.1=u64"),
        (shape_of!([bool; 2]), "v=tuple of 2 v.0=bool v.1=bool"),
        (shape_of!(Pair), "v=tuple of 2 v.0=u8 v.1=string"),
        (
            shape_of!((NonZeroU8, char, Option<u8>, Vec<u8>, Point<u8>, u16)),
            "v=tuple of 6 v.0=u8 v.1=char v.2=option v.2.?=u8 v.3=list v.3.[]=u8 v.4=struct v.4.x=u8 \
             v.4.y=option v.4.y.?=u8 v.5=u16",
        ),
        (
            shape_of!(Point<Point<u8>>),
            "v=struct v.x=struct v.x.x=u8 v.x.y=option v.x.y.?=u8 v.y=option v.y.?=struct v.y.?.x=u8 \
             v.y.?.y=option v.y.?.y.?=u8",
        ),
        (
            shape_of!(Result<u8, String>),
            "v=enum v.::Ok=u8 v.::Err=string",
        ),
        (
            shape_of!(std::time::Duration),
            "v=struct v.secs=u64 v.nanos=u32",
        ),
    ] {
        assert_eq!(found, expected);
    }
    assert!(shape_of!(IpAddr).starts_with("v=enum v.::V4=tuple of 4"));
}

#[test]
fn types_that_hold_themselves_end() {
    assert_eq!(
        shape_of!(Node),
        "v=struct v.next=option v.next.?=again Node v.all=list v.all.[]=again Node"
    );
    assert_eq!(shape_of!(Tree), "v=list v.[]=again Tree");
    assert_eq!(
        shape_of!(Term),
        "v=enum v.::Sum=tuple of 2 v.::Sum.0=again Term v.::Sum.1=opaque v.::Number=i64 \
         v.::Named=struct v.::Named.name=string v.::Named.of=u8 v.::None=unit"
    );
}

#[test]
fn attributes_of_serde_show_in_the_shape() {
    assert_eq!(
        shape_of!(Attributes),
        "v=struct v.a=u8 v.bee=u8 v.d|dd|ddd=u8 v.e=u8"
    );
    // What only formats with names carry.
    assert_eq!(shape_of!(Flat), "v=map v.key=a name v.value=anything");
    assert_eq!(shape_of!(Untagged), "v=anything");
    assert_eq!(shape_of!(Tagged), "v=anything");
    assert!(shape_of!(Adjacent).starts_with("v=struct v.t="));
}

#[test]
fn type_that_does_not_let_itself_be_asked_is_opaque() {
    assert_eq!(shape_of!(Closed), "v=opaque");
    assert_eq!(
        shape_of!((Closed, u8)),
        "v=tuple of 2 v.0=opaque v.1=opaque"
    );
}

#[test]
fn outcomes_belong_to_the_shape() {
    #[derive(Serialize, Deserialize, Request)]
    #[request(response = u8, error = String)]
    struct Asks {}
    #[derive(Serialize, Deserialize, Request)]
    #[request(stream = u8)]
    struct Streams {}
    assert_eq!(
        Asks::INFO.shape().as_deref(),
        Some("request\tstruct\nresponse\tu8\nerror\tstring\n")
    );
    assert_eq!(
        Streams::INFO.shape().as_deref(),
        Some("request\tstruct\nitem\tu8\n")
    );
}

#[test]
fn descriptor_carries_the_shapes() {
    let (old, new) = (old::Shop::DESCRIPTOR, new::Shop::DESCRIPTOR);
    let text = serde_json::to_string(old).unwrap();
    let back: mitto::schema::Descriptor = serde_json::from_str(&text).unwrap();
    assert_eq!(back.shapes(), old.shapes());
    assert_eq!(back.shape_digest(), old.shape_digest());
    assert!(old.shape_digest().is_some());
    assert_ne!(old.shape_digest(), new.shape_digest());
}
