use std::collections::BTreeMap;

use mitto::codec::{CodecError, Encoder};
use proptest::collection::vec;
use proptest::prelude::*;

use super::data::{Everything, Shape, Untagged, everything, shape};
use super::{ALL, codecs, decode, encode};

/// Reads `payload` as several types; only panics matter.
fn read_as_anything(payload: &[u8]) {
    for format in ALL {
        let _ = decode::<Everything>(format, payload);
        let _ = decode::<Shape>(format, payload);
        let _ = decode::<Untagged>(format, payload);
        let _ = decode::<BTreeMap<String, Vec<Option<f64>>>>(format, payload);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_value_comes_back(value in everything()) {
        for format in ALL {
            let payload = encode(format, &value).expect("a value that the format carries");
            let back: Everything = decode(format, &payload).expect("what was encoded");
            prop_assert_eq!(&back, &value, "{}", format);
        }
    }

    #[test]
    fn truncated_payload_is_refused(value in everything(), cut in any::<prop::sample::Index>()) {
        for format in ALL {
            let payload = encode(format, &value).expect("a value that the format carries");
            let short = &payload[..cut.index(payload.len())];
            prop_assert!(decode::<Everything>(format, short).is_err(), "{}", format);
        }
    }

    #[test]
    fn payload_that_goes_on_is_refused(value in shape(), more in any::<u8>()) {
        prop_assume!(!more.is_ascii_whitespace());
        for format in ALL {
            let mut payload = encode(format, &value).expect("a value that the format carries");
            payload.push(more);
            prop_assert!(decode::<Shape>(format, &payload).is_err(), "{}", format);
        }
    }

    #[test]
    fn changed_byte_never_panics(
        value in everything(), at in any::<prop::sample::Index>(), byte in any::<u8>()
    ) {
        for format in ALL {
            let mut payload = encode(format, &value).expect("a value that the format carries");
            let at = at.index(payload.len());
            payload[at] = byte;
            read_as_anything(&payload);
        }
    }

    #[test]
    fn value_over_the_limit_leaves_the_buffer_alone(value in everything(), less in 1_usize..64) {
        for format in ALL {
            let size = encode(format, &value).expect("a value that the format carries").len();
            let limit = size.saturating_sub(less);
            let mut out = b"before".to_vec();
            let codecs = codecs();
            let result = Encoder::new(&codecs, format, &mut out, limit).encode(&value);
            let refused = matches!(result, Err(CodecError::TooLarge { limit: named }) if named == limit);
            prop_assert!(refused, "{}: {:?}", format, result);
            prop_assert_eq!(&out, b"before");
            Encoder::new(&codecs, format, &mut out, size).encode(&value).expect("just fits");
            prop_assert_eq!(out.len(), size + 6);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn random_bytes_never_panic(payload in vec(any::<u8>(), 0..400)) {
        read_as_anything(&payload);
    }

    #[test]
    fn random_brackets_never_panic(payload in "[\\[\\]{}\":,\\\\a1]{0,400}") {
        read_as_anything(payload.as_bytes());
    }
}
