//! What each format carries of serde's data model beyond what all carry, and what it loses.

use std::collections::BTreeMap;
use std::fmt::Debug;

use mitto::codec::Format;
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{decode, encode};

const JSON: Format = Format::JSON;
const MESSAGE_PACK: Format = Format::MESSAGE_PACK;
const XML: Format = Format::XML;
const COMPACT: Format = Format::COMPACT;

use Fate::{Changes, ComesBack, NotDecoded, NotEncoded};

/// How a value fares in a format.
#[derive(Debug, PartialEq)]
enum Fate {
    ComesBack,
    Changes,
    NotEncoded,
    NotDecoded,
}

fn fate<T: Serialize + DeserializeOwned + PartialEq>(format: Format, value: &T) -> Fate {
    let Ok(payload) = encode(format, value) else {
        return Fate::NotEncoded;
    };
    match decode::<T>(format, &payload) {
        Ok(back) if back == *value => Fate::ComesBack,
        Ok(_) => Fate::Changes,
        Err(_) => Fate::NotDecoded,
    }
}

fn assert_fates<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, fates: &[Fate; 4]) {
    let found = [JSON, MESSAGE_PACK, XML, COMPACT].map(|format| fate(format, value));
    assert_eq!(&found, fates, "{value:?}");
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Internal {
    A { n: u8 },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    A(u8),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Float(f64),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Short {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<u8>,
}

#[test]
fn table_of_the_page_on_formats_holds() {
    let all = || [ComesBack, ComesBack, ComesBack, ComesBack];
    assert_fates(&BTreeMap::from([(1, 2)]), &all());
    assert_fates(&BTreeMap::from([(true, 2)]), &all());
    assert_fates(&(i128::MIN, u128::MAX), &all());
    assert_fates(
        &f64::INFINITY,
        &[NotDecoded, ComesBack, ComesBack, ComesBack],
    );
    assert_fates(
        &Some(f32::INFINITY),
        &[Changes, ComesBack, ComesBack, ComesBack],
    );
    assert_fates(&Some(()), &[Changes, Changes, ComesBack, ComesBack]);
    assert_fates(&Some(None::<u8>), &[Changes, Changes, ComesBack, ComesBack]);
    let pairs = BTreeMap::from([((1, 2), 3)]);
    assert_fates(&pairs, &[NotEncoded, ComesBack, ComesBack, ComesBack]);
    let flat = Flat {
        rest: BTreeMap::from([("a".to_owned(), 1)]),
    };
    assert_fates(&flat, &[ComesBack, ComesBack, ComesBack, NotEncoded]);
    assert_fates(
        &Short { note: None },
        &[ComesBack, ComesBack, ComesBack, NotEncoded],
    );
    assert_fates(
        &Internal::A { n: 1 },
        &[ComesBack, ComesBack, ComesBack, NotDecoded],
    );
    assert_fates(
        &Adjacent::A(1),
        &[ComesBack, ComesBack, ComesBack, NotDecoded],
    );
    assert_fates(
        &Untagged::Float(0.5),
        &[ComesBack, ComesBack, ComesBack, NotDecoded],
    );
    assert_fates(&"\0 \u{ffff} ]]> \r".to_owned(), &all());
    assert_fates(&vec![vec![1, 2], vec![], vec![3]], &all());
}

proptest! {
    #[test]
    fn xml_carries_any_key_option_and_float(
        map in prop::collection::btree_map(any::<(Option<char>, bool)>(), any::<Option<Option<String>>>(), 0..8),
        texts in prop::collection::btree_map(any::<String>(), any::<Option<Option<()>>>(), 0..8),
        bits in any::<(u32, u64)>(),
    ) {
        prop_assert_eq!(fate(XML, &map), ComesBack);
        prop_assert_eq!(fate(XML, &texts), ComesBack);
        let floats = (f32::from_bits(bits.0), f64::from_bits(bits.1));
        let payload = encode(XML, &floats).expect("encodes");
        let back: (f32, f64) = decode(XML, &payload).expect("decodes");
        prop_assert!(back.0 == floats.0 || (back.0.is_nan() && floats.0.is_nan()));
        prop_assert!(back.1 == floats.1 || (back.1.is_nan() && floats.1.is_nan()));
    }
}
