use std::collections::BTreeMap;
use std::thread;

use mitto::codec::{CodecError, Format, MAX_DEPTH};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::cpu::Work;
use super::data::{Shape, Untagged, shape};
use super::{decode, encode};

const COMPACT: Format = Format::COMPACT;

/// Something of everything that needs no description of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Plain {
    flag: bool,
    small: (i8, u8, i16, u16),
    large: (i32, u32, i64, u64),
    huge: (i128, u128),
    bits: (u32, u64),
    letter: char,
    text: String,
    unit: ((), [u8; 3]),
    nested: Option<Option<()>>,
    lists: Vec<Vec<i32>>,
    map: BTreeMap<(u8, String), Option<bool>>,
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
    shape: Shape,
    #[serde(skip)]
    skipped: u8,
}

fn plain() -> impl Strategy<Value = Plain> {
    let numbers = any::<(
        (i8, u8, i16, u16),
        (i32, u32, i64, u64),
        (i128, u128),
        (u32, u64),
    )>();
    let others = any::<(bool, char, String, [u8; 3], Option<Option<()>>, Vec<u8>)>();
    let lists = vec(vec(any::<i32>(), 0..10), 0..10);
    let map = btree_map(any::<(u8, String)>(), any::<Option<bool>>(), 0..10);
    (numbers, others, lists, map, shape()).prop_map(|(numbers, others, lists, map, shape)| Plain {
        flag: others.0,
        small: numbers.0,
        large: numbers.1,
        huge: numbers.2,
        bits: numbers.3,
        letter: others.1,
        text: others.2,
        unit: ((), others.3),
        nested: others.4,
        lists,
        map,
        bytes: others.5,
        shape,
        skipped: 0,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn payload_is_that_of_postcard(value in plain()) {
        let payload = encode(COMPACT, &value).expect("encodes");
        prop_assert_eq!(&payload, &postcard::to_allocvec(&value).expect("encodes"));
        prop_assert_eq!(decode::<Plain>(COMPACT, &payload).expect("decodes"), value);
    }

    #[test]
    fn floats_come_back_bit_by_bit(bits in any::<(u32, u64)>()) {
        let floats = (f32::from_bits(bits.0), f64::from_bits(bits.1));
        let payload = encode(COMPACT, &floats).expect("encodes");
        prop_assert_eq!(&payload, &postcard::to_allocvec(&floats).expect("encodes"));
        let back: (f32, f64) = decode(COMPACT, &payload).expect("decodes");
        prop_assert_eq!((back.0.to_bits(), back.1.to_bits()), bits);
    }

    #[test]
    fn broken_payload_is_refused_or_another_value(
        value in plain(), at in any::<prop::sample::Index>(), byte in any::<u8>()
    ) {
        let mut payload = encode(COMPACT, &value).expect("encodes");
        let at = at.index(payload.len());
        prop_assert!(decode::<Plain>(COMPACT, &payload[..at]).is_err());
        payload[at] = byte;
        if let Ok(theirs) = postcard::from_bytes::<Plain>(&payload) {
            if let Ok(ours) = decode::<Plain>(COMPACT, &payload) {
                prop_assert_eq!(ours, theirs);
            }
        } else {
            prop_assert!(decode::<Plain>(COMPACT, &payload).is_err());
        }
        payload.push(byte);
        let _ = decode::<Shape>(COMPACT, &payload);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn random_bytes_are_what_postcard_makes_of_them(payload in vec(any::<u8>(), 0..60)) {
        let ours = decode::<(u16, Option<i64>, Vec<u8>, Shape)>(COMPACT, &payload).ok();
        let theirs = postcard::take_from_bytes(&payload).ok();
        let whole = theirs.and_then(|(value, rest)| rest.is_empty().then_some(value));
        prop_assert_eq!(ours, whole);
    }
}

#[test]
fn payload_that_goes_on_is_refused() {
    let error = decode::<u8>(COMPACT, &[1, 2]).expect_err("two values");
    let expected = "cannot decode compact: the payload goes on after the value at byte 1";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn types_that_need_a_description_are_refused() {
    let payload = encode(COMPACT, &Untagged::Number(1)).expect("nothing shows while writing");
    let error = decode::<Untagged>(COMPACT, &payload).expect_err("untagged");
    assert!(
        error.to_string().contains("does not say what is in it"),
        "{error}"
    );
}

#[test]
fn lists_of_nothing_are_bounded() {
    let units = vec![(); 60_000];
    let payload = encode(COMPACT, &units).expect("encodes");
    assert_eq!(
        decode::<Vec<()>>(COMPACT, &payload).expect("decodes").len(),
        60_000
    );

    let work = Work::begin();
    let endless = [0x80, 0x80, 0x80, 0x80, 0x20];
    assert!(decode::<Vec<()>>(COMPACT, &endless).is_err());
    assert!(decode::<Vec<[u8; 0]>>(COMPACT, &endless).is_err());
    assert!(decode::<BTreeMap<(), ()>>(COMPACT, &endless).is_err());
    assert!(decode::<Vec<u64>>(COMPACT, &endless).is_err());
    let most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert!(decode::<Vec<()>>(COMPACT, &most).is_err());
    assert!(decode::<String>(COMPACT, &most).is_err());

    // Many lists share one allowance.
    let lists = [vec![0x80, 0x80, 0x40], [0xff, 0xff, 0x03].repeat(1 << 20)].concat();
    assert!(decode::<Vec<Vec<()>>>(COMPACT, &lists).is_err());
    assert!(work.done().as_secs() < 2, "{:?}", work.done());
}

#[test]
fn nesting_is_bounded() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Lists(Vec<Lists>);

    /// Nests without a list, a map or a struct with fields.
    #[derive(Debug, Serialize, Deserialize)]
    struct Chain(Option<Box<Chain>>);

    #[derive(Debug, Serialize, Deserialize)]
    struct Tree {
        child: Option<Box<Tree>>,
        a: [u64; 4],
    }

    let lists = |depth| [vec![1; depth - 1], vec![0]].concat();
    let boxes = |depth| [vec![5; depth], vec![0]].concat();
    let too_deep = |error: Result<(), CodecError>| {
        assert!(matches!(error, Err(CodecError::TooDeep)), "{error:?}");
    };
    let read = move || {
        decode::<Lists>(COMPACT, &lists(MAX_DEPTH)).expect("within the limit");
        too_deep(decode::<Lists>(COMPACT, &lists(MAX_DEPTH + 1)).map(drop));
        decode::<Shape>(COMPACT, &boxes(MAX_DEPTH)).expect("within the limit");
        too_deep(decode::<Shape>(COMPACT, &boxes(MAX_DEPTH + 1)).map(drop));
        for byte in [1, 5] {
            let bomb = vec![byte; 100_000];
            too_deep(decode::<Lists>(COMPACT, &vec![1; 100_000]).map(drop));
            let _ = decode::<Shape>(COMPACT, &bomb);
            let _ = decode::<Tree>(COMPACT, &bomb);
            too_deep(decode::<Chain>(COMPACT, &vec![1; 100_000]).map(drop));
            too_deep(decode::<Tree>(COMPACT, &vec![1; 100_000]).map(drop));
        }
    };
    let thread = thread::Builder::new().stack_size(2 << 20).spawn(read);
    thread.expect("a thread").join().expect("no panic");
}

#[test]
fn fields_with_aliases_are_read() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Renamed {
        #[serde(alias = "older", alias = "oldest")]
        now: u8,
        then: Option<Kind>,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Kind {
        Named {
            #[serde(alias = "label")]
            name: String,
        },
    }
    let value = vec![Renamed {
        now: 1,
        then: Some(Kind::Named { name: "a".into() }),
    }];
    let bytes = encode(COMPACT, &value).unwrap();
    assert_eq!(decode::<Vec<Renamed>>(COMPACT, &bytes).unwrap(), value);
}
