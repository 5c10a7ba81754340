//! The mapping of `mitto`'s page on formats, kept by `golden/xml/`, and what others may write instead.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::Path;

use mitto::codec::Format;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{decode, encode};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u32,
    customer: String,
    note: Option<String>,
    price: f64,
    paid: bool,
    lines: Vec<(String, u8)>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(u32),
    Line(i16, i16),
    Text { at: (i8, i8), text: String },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Names {
    #[serde(rename = "1st \"field\" <é>\n")]
    odd: u8,
    #[serde(rename = "entry")]
    reserved: u8,
    field: u8,
    item: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Marker;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Wrapped(Option<Option<u8>>);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Empty {}

fn assert_golden<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, value: &T) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("golden/xml/{name}.xml"));
    let payload = encode(Format::XML, value).expect("encodes");
    let golden = fs::read_to_string(path).expect("the golden file is there");
    assert_eq!(
        String::from_utf8_lossy(&payload),
        golden.trim_end_matches('\n'),
        "{name}"
    );
    let back: T = decode(Format::XML, golden.as_bytes()).expect("decodes");
    assert_eq!(&back, value, "{name}");
}

#[test]
fn mapping_is_that_of_the_golden_files() {
    let order = Order {
        id: 7,
        customer: "Ann & Bob".to_owned(),
        note: None,
        price: 1e21,
        paid: true,
        lines: vec![("tea".to_owned(), 2), (String::new(), 0)],
    };
    assert_golden("struct", &order);
    let text = |text: &str| text.to_owned();
    let at = (-1, 1);
    let enums = (
        Shape::Point,
        Shape::Circle(1),
        Shape::Line(-1, 2),
        Shape::Text {
            at,
            text: text("a"),
        },
    );
    assert_golden("enums", &enums);
    assert_golden("enum", &Shape::Circle(1));
    assert_golden("lists", &vec![vec![1, 2], vec![3], vec![]]);
    let options = (
        None::<u8>,
        Some(1),
        Some(None::<u8>),
        Some(Some(None::<u8>)),
        Some(()),
        None::<()>,
    );
    assert_golden("options", &options);
    assert_golden("newtype", &Wrapped(Some(None)));
    assert_golden(
        "empty",
        &(
            text(""),
            Vec::<u8>::new(),
            BTreeMap::<u8, u8>::new(),
            Empty {},
            (),
            Marker,
        ),
    );
    let names = Names {
        odd: 1,
        reserved: 2,
        field: 3,
        item: 4,
    };
    assert_golden("names", &names);
    let by_text = BTreeMap::from([(text("a"), 1), (text("b c"), 2), (text("\0\\"), 3)]);
    let by_number = BTreeMap::from([(1, true), (2, false)]);
    let by_pair = BTreeMap::from([((1, 2), text("x"))]);
    assert_golden("maps", &(by_text, by_number, by_pair));
    let texts = [
        "  a \n\tb ",
        "\r\n",
        "]]>",
        "<&>\"'",
        "\\",
        "nul \0, bell \u{7}, \\ and \u{ffff}",
        "grüezi 🦀",
    ];
    assert_golden("texts", &texts.map(text));
    let integers = (i64::MIN, u64::MAX, i128::MIN, u128::MAX);
    assert_golden(
        "numbers",
        &(
            integers,
            (0.1_f32, -0.0, f64::MAX, f64::INFINITY, f64::NEG_INFINITY),
        ),
    );
    assert_golden(
        "bytes",
        &(ByteBuf::from(vec![0, 1, 254, 255]), ByteBuf::new()),
    );
}

#[test]
fn nan_comes_back() {
    let payload = encode(Format::XML, &(f64::NAN, f32::NAN)).expect("encodes");
    let (wide, narrow): (f64, f32) = decode(Format::XML, &payload).expect("decodes");
    assert!(wide.is_nan() && narrow.is_nan());
}

#[test]
fn types_need_not_be_written() {
    let order =
        "\u{feff}<?xml version='1.0' encoding='utf-8'?>\n<!-- by hand -->\n<order xmlns='urn:a'>
        <id> 7 </id>
        <customer><![CDATA[Ann & ]]>&#66;o&#x62;</customer>
        <unknown t='list'><a><b/></a>text</unknown>
        <price>12.5</price> <paid>1</paid>
        <lines><line><a>tea</a><b>2</b></line></lines>
        </order>\n";
    let order: Order = decode(Format::XML, order.as_bytes()).expect("decodes");
    assert_eq!(order.customer, "Ann & Bob");
    assert_eq!((order.id, order.price, order.paid), (7, 12.5, true));
    assert_eq!(order.lines, [("tea".to_owned(), 2)]);
    assert_eq!(order.note, None);

    let shapes = b"<v><s>Point</s><s><Point/></s><s><Circle>1</Circle></s></v>";
    let shapes: Vec<Shape> = decode(Format::XML, shapes).expect("decodes");
    assert_eq!(shapes, [Shape::Point, Shape::Point, Shape::Circle(1)]);
    let empty: (Vec<u8>, BTreeMap<u8, u8>, Empty, ()) =
        decode(Format::XML, b"<v><a/><a></a><a> </a><a/></v>").expect("decodes");
    assert_eq!(empty, (vec![], BTreeMap::new(), Empty {}, ()));
    let map: BTreeMap<u8, u8> =
        decode(Format::XML, b"<v><field n='1'>2</field></v>").expect("decodes");
    assert_eq!(map, BTreeMap::from([(1, 2)]));
}

#[test]
fn line_ends_are_normalized_unless_escaped() {
    let text: String = decode(Format::XML, b"<v>a\r\nb\rc&#13;\n</v>").expect("decodes");
    assert_eq!(text, "a\nb\nc\r\n");
}

#[test]
fn values_of_other_types_are_refused() {
    let refused = [
        (
            b"<v t='int'>5</v>".as_slice(),
            "invalid type: integer `5`, expected a string at byte 16",
        ),
        (
            b"<v t='nil'/>",
            "invalid type: Option value, expected a string at byte 12",
        ),
        (
            b"<v t='list'/>",
            "invalid type: sequence, expected a string at byte 13",
        ),
        (
            b"<v><a/></v>",
            "invalid type: map, expected a string at byte 7",
        ),
    ];
    for (payload, reason) in refused {
        let error = decode::<String>(Format::XML, payload).expect_err("no text");
        assert_eq!(error.to_string(), format!("cannot decode XML: {reason}"));
    }
    for payload in [
        "<v>x</v>",
        "<v t='int'>300</v>",
        "<v t='int'>x</v>",
        "<v t='number'>1</v>",
        "<v/>",
    ] {
        decode::<u8>(Format::XML, payload.as_bytes()).expect_err(payload);
    }
    let missing =
        decode::<Order>(Format::XML, b"<v><id>7</id></v>").expect_err("fields are missing");
    assert!(
        missing.to_string().contains("missing field `customer`"),
        "{missing}"
    );
    for payload in ["<v><a>1</a></v>", "<v><a>1</a><a>2</a><a>3</a></v>"] {
        decode::<(u8, u8)>(Format::XML, payload.as_bytes()).expect_err(payload);
    }
}
