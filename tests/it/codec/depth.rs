use std::collections::BTreeMap;
use std::fmt::Debug;
use std::thread;

use mitto::codec::{CodecError, Format, MAX_DEPTH};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::data::{Shape, Untagged};
use super::{BUILT_IN, decode, encode};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Lists(Vec<Lists>);

/// A record with fields of several kinds, so with large stack frames in debug builds.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Tree {
    #[serde(default)]
    child: Option<Box<Tree>>,
    a: Option<String>,
    b: Option<Vec<u64>>,
    c: Option<BTreeMap<String, f64>>,
    d: Option<(u8, u16, u32, u64)>,
    e: Option<[u64; 16]>,
}

/// Reads nothing of what it is given.
#[derive(Debug, Serialize, Deserialize)]
struct Nothing {}

fn lists(depth: usize) -> Lists {
    (1..depth).fold(Lists(Vec::new()), |inner, _| Lists(vec![inner]))
}

fn boxes(depth: usize) -> Shape {
    (0..depth).fold(Shape::Point, |inner, _| Shape::Boxed(Box::new(inner)))
}

fn tree(depth: usize) -> Tree {
    let around = |inner| Tree {
        child: Some(Box::new(inner)),
        ..Tree::default()
    };
    (1..depth).fold(Tree::default(), |inner, _| around(inner))
}

/// `depth` levels, the outermost being the map of a type that ignores the rest.
fn ignored(depth: usize) -> BTreeMap<&'static str, Lists> {
    [("ignored", lists(depth - 1))].into()
}

fn untagged_lists(depth: usize) -> Untagged {
    (1..depth).fold(Untagged::List(Vec::new()), |inner, _| {
        Untagged::List(vec![inner])
    })
}

/// Runs on the stack that threads and workers have by default.
fn on_a_small_stack(body: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(2 * 1024 * 1024);
    thread
        .spawn(body)
        .expect("a thread")
        .join()
        .expect("no panic");
}

fn assert_limit<T: Serialize, U: DeserializeOwned + Debug>(value: fn(usize) -> T) {
    for format in BUILT_IN {
        for depth in [MAX_DEPTH - 1, MAX_DEPTH] {
            let payload = encode(format, &value(depth)).expect("encodes");
            decode::<U>(format, &payload).expect("within the limit");
        }
        let payload = encode(format, &value(MAX_DEPTH + 1)).expect("encodes");
        let error = decode::<U>(format, &payload).expect_err("beyond the limit");
        assert!(matches!(error, CodecError::TooDeep), "{format}: {error}");
    }
}

#[test]
fn nesting_is_bounded_alike_in_every_type_and_format() {
    on_a_small_stack(|| {
        assert_limit::<_, Lists>(lists);
        assert_limit::<_, Shape>(boxes);
        assert_limit::<_, Tree>(tree);
        assert_limit::<_, Nothing>(ignored);
        assert_limit::<_, Untagged>(untagged_lists);
    });
}

#[test]
fn hundred_thousand_levels_are_too_deep() {
    const LEVELS: usize = 100_000;
    on_a_small_stack(|| {
        let json: [&[u8]; 2] = [b"[", br#"{"Boxed":"#];
        let message_pack: [&[u8]; 4] = [
            b"\x91",
            b"\x81\xa5Boxed",
            b"\xdc\x00\x01",
            b"\xdf\x00\x00\x00\x01\xa5child",
        ];
        let json = json.map(|opener| (Format::JSON, opener));
        let message_pack = message_pack.map(|opener| (Format::MESSAGE_PACK, opener));
        for (format, opener) in json.into_iter().chain(message_pack) {
            let payload = opener.repeat(LEVELS);
            let errors = [
                decode::<Lists>(format, &payload).map(drop),
                decode::<Shape>(format, &payload).map(drop),
                decode::<Tree>(format, &payload).map(drop),
                decode::<Nothing>(format, &payload).map(drop),
            ];
            for error in errors {
                assert!(
                    matches!(error, Err(CodecError::TooDeep)),
                    "{format}: {error:?}"
                );
            }
        }
    });
}

#[test]
fn wild_length_is_refused_before_memory_is_reserved() {
    for head in [b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff"] {
        let error = decode::<Vec<u64>>(Format::MESSAGE_PACK, head).expect_err("truncated");
        let expected = "cannot decode MessagePack: the payload ends within a value";
        assert_eq!(error.to_string(), expected);
    }
}
