use mitto::codec::{CodecError, Encoder};
use serde::Serialize;

use super::{ALL, BUILT_IN, codecs, encode};

#[test]
fn endless_value_stops_at_the_limit() {
    struct Endless;

    impl Serialize for Endless {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeSeq;
            let mut list = serializer.serialize_seq(Some(u32::MAX as usize))?;
            loop {
                list.serialize_element("again")?;
            }
        }
    }

    for format in ALL {
        let mut out = Vec::new();
        let error = Encoder::new(&codecs(), format, &mut out, 10_000).encode(&Endless);
        assert!(
            matches!(error, Err(CodecError::TooLarge { limit: 10_000 })),
            "{format}"
        );
        assert!(out.is_empty());
        assert!(out.capacity() < 40_000, "{format}: {}", out.capacity());
    }
}

#[test]
fn failing_serialize_leaves_the_buffer_alone() {
    #[derive(Serialize)]
    struct Fails {
        first: u8,
        #[serde(serialize_with = "refuse")]
        second: u8,
    }

    fn refuse<S: serde::Serializer>(_: &u8, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("secret fields stay here"))
    }

    for format in ALL {
        let mut out = b"before".to_vec();
        let value = Fails {
            first: 1,
            second: 2,
        };
        let error = Encoder::new(&codecs(), format, &mut out, 1_000)
            .encode(&value)
            .expect_err("refused");
        let expected =
            format!("cannot encode as {format}: field `second`: secret fields stay here");
        assert_eq!(error.to_string(), expected);
        assert_eq!(out, b"before");
    }
}

#[test]
fn warm_buffer_is_used_again() {
    let value = vec![("some", 1, 2.5, Some([true])); 20];
    for format in BUILT_IN {
        let mut out = encode(format, &value).expect("encodes");
        let (place, capacity) = (out.as_ptr(), out.capacity());
        out.clear();
        Encoder::new(&codecs(), format, &mut out, 1 << 20)
            .encode(&value)
            .expect("encodes");
        assert_eq!(
            (out.as_ptr(), out.capacity()),
            (place, capacity),
            "{format}"
        );
    }
}
