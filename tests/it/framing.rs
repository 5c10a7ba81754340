//! Native frames survive the wire, and nothing that comes from it does harm.

use std::time::Duration;

use mitto::address::OwnedAddress;
use mitto::codec::Format;
use mitto::envelope::{CorrelationId, Head, Kind, MessageId, Metadata};
use mitto::framing::{Fault, FrameError, Framing, Hello, Native, PartError, SchemaEntry};
use mitto::limits::Limits;
use mitto::status::{Code, Status};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// A head that owns what it says.
#[derive(Clone, Debug)]
struct Owned {
    kind: Kind,
    flags: [bool; 7],
    numbers: (u8, u64, u32),
    format: u8,
    address: Option<OwnedAddress>,
    timeout: Option<u32>,
    metadata: Metadata,
    total: Option<u64>,
}

impl Owned {
    fn head(&self) -> Head<'_> {
        let [
            from_requester,
            more,
            rest,
            status,
            list,
            idempotent,
            redelivered,
        ] = self.flags;
        let (hops, correlation, message) = self.numbers;
        Head {
            from_requester,
            more,
            rest,
            status,
            list,
            idempotent,
            redelivered,
            hops,
            message: MessageId(message),
            format: (self.format != 0).then_some(Format::from_wire(self.format)),
            address: self.address.as_ref().map(OwnedAddress::as_address),
            timeout: self.timeout.map(|ms| Duration::from_millis(ms.into())),
            metadata: self.metadata.entries(),
            total: self.total,
            ..Head::new(self.kind, CorrelationId::from(correlation))
        }
    }
}

fn heads() -> impl Strategy<Value = Owned> {
    let metadata = vec(("[a-z0-9!~_-]{1,20}", ".{0,40}"), 0..6);
    (
        prop::sample::select(&Kind::ALL[..]),
        any::<[bool; 7]>(),
        any::<(u8, u64, u32)>(),
        any::<u8>(),
        option::of("[A-Za-z0-9_-]{1,64}(/[a-z]{1,64}){1,2}"),
        any::<Option<u32>>(),
        metadata.prop_map(|entries| entries.into_iter().collect()),
        any::<Option<u64>>(),
    )
        .prop_map(
            |(kind, flags, numbers, format, address, timeout, metadata, total)| Owned {
                kind,
                flags,
                numbers,
                format,
                address: address.map(|text| text.parse().expect("an address")),
                timeout,
                metadata,
                total,
            },
        )
}

proptest! {
    #[test]
    fn any_frame_survives_the_wire(owned in heads(), payload in vec(any::<u8>(), 0..100)) {
        let (frame, _) = written(&owned, &payload);
        let mut seen = 0;
        Native.parse(&frame, &mut |envelope| {
            assert_eq!(envelope.head, owned.head());
            assert_eq!(envelope.payload, payload);
            assert_eq!(Metadata::from(envelope.head.metadata), owned.metadata);
            assert_eq!(envelope.head.metadata.len(), owned.metadata.len());
            assert_eq!(envelope.head.metadata.bytes(), owned.metadata.entries().bytes());
            seen += 1;
        })?;
        prop_assert_eq!(seen, 1);
    }

    #[test]
    fn forwarded_frame_is_the_same_bytes(owned in heads()) {
        let (frame, _) = written(&owned, b"");
        let mut again = Vec::new();
        Native.parse(&frame, &mut |envelope| Native.begin(&envelope.head, &mut again))?;
        prop_assert_eq!(again, frame);
    }

    #[test]
    fn cut_frame_is_refused_or_loses_payload_only(
        owned in heads(),
        payload in vec(any::<u8>(), 0..20),
    ) {
        let (frame, body) = written(&owned, &payload);
        for end in 0..frame.len() {
            let read = Native.parse(&frame[..end], &mut |envelope| {
                assert!(end >= body, "a head was read from {end} of {body} bytes");
                assert_eq!(envelope.head, owned.head());
                assert_eq!(envelope.payload, &payload[..end - body]);
            });
            prop_assert_eq!(read.is_ok(), end >= body);
        }
    }

    #[test]
    fn flipped_bits_do_no_harm(owned in heads(), payload in vec(any::<u8>(), 0..20)) {
        let (mut frame, _) = written(&owned, &payload);
        for bit in 0..frame.len() * 8 {
            frame[bit / 8] ^= 1 << (bit % 8);
            read_all(&frame);
            frame[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn random_bytes_do_no_harm(mut frame in vec(any::<u8>(), 0..300), known in any::<bool>()) {
        if known && frame.len() > 2 {
            frame[0] = 1;
            frame[1] = 1 + frame[1] % 13;
        }
        read_all(&frame);
        let _ = Hello::parse(&frame);
        Native.read_status(&frame);
        Native.read_credit(&frame);
    }

    #[test]
    fn any_hello_survives_the_wire(
        agent in ".{0,30}",
        numbers in any::<(u64, u32, u32, u32, u64)>(),
        formats in vec(any::<u8>(), 0..5),
        schemas in vec((".{0,30}", "[a-z]{0,9}", any::<u64>()), 0..4),
    ) {
        let mut hello = Hello::default();
        hello.agent = agent;
        (hello.message, hello.in_flight, hello.stream_window, hello.pieces, hello.features) =
            numbers;
        hello.formats = formats.into_iter().map(Format::from_wire).collect();
        hello.schemas = schemas
            .into_iter()
            .map(|(name, role, digest)| SchemaEntry {
                name,
                role,
                digest,
                shapes: None,
            })
            .collect();
        let mut payload = Vec::new();
        hello.write(&mut payload);
        prop_assert_eq!(Hello::parse(&payload)?, hello.clone());

        payload.extend_from_slice(&[200, 0, 2, 7, 7]);
        prop_assert_eq!(Hello::parse(&payload)?, hello);
    }
}

#[test]
fn unknown_parts_are_skipped() {
    let mut frame = vec![1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12];
    frame.extend_from_slice(&[200, 0, 2, 7, 7, 2, 0, 4, 0, 0, 0, 9]);
    Native
        .parse(&frame, &mut |envelope| {
            assert_eq!(envelope.head.timeout, Some(Duration::from_millis(9)));
        })
        .expect("it can be read");
}

#[test]
fn errors_say_what_the_receiver_does() {
    let request = CorrelationId::new(3, 1);
    let mut frame = vec![1, 2, 0, 1, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 5];
    frame.extend_from_slice(&[2, 0, 2, 0, 0]);
    let error = read(&frame).expect_err("the timeout has two bytes");
    let length = PartError::Length {
        tag: 2,
        length: 2,
        expected: 4,
    };
    assert!(matches!(error, FrameError::Part { error, .. } if error == length));
    assert_eq!(error.fault(), Fault::Refuse(request));
    assert_eq!(
        error.to_status().message(),
        "a request frame cannot be read: part 2 has 2 bytes, it must have 4"
    );

    for kind in [Kind::Response, Kind::Error, Kind::Item, Kind::End] {
        frame[1..4].copy_from_slice(&[kind.number(), 0, 0]);
        let error = read(&frame).expect_err("the timeout has two bytes");
        assert_eq!(error.fault(), Fault::Fail(request));
    }
    frame[1] = Kind::Cancel.number();
    assert_eq!(read(&frame).map_err(|e| e.fault()), Err(Fault::Skip));
    frame[1] = Kind::Hello.number();
    assert_eq!(read(&frame).map_err(|e| e.fault()), Err(Fault::Close));
    frame[1] = 99;
    assert_eq!(read(&frame), Err(FrameError::Kind(99)));
    assert_eq!(read(&frame).map_err(|e| e.fault()), Err(Fault::Skip));
    frame[0] = 2;
    assert_eq!(read(&frame), Err(FrameError::Version(2)));
    assert_eq!(read(&[2]), Err(FrameError::Version(2)));
    assert_eq!(read(&[1]), Err(FrameError::Truncated(1)));
    assert_eq!(read(&[]).map_err(|e| e.fault()), Err(Fault::Close));
}

#[test]
fn timeout_is_rounded_up_and_bounded() {
    for (sent, read) in [
        (Duration::ZERO, 0),
        (Duration::from_nanos(1), 1),
        (Duration::from_micros(1_001), 2),
        (Duration::from_millis(u32::MAX.into()), u32::MAX),
        (Duration::MAX, u32::MAX),
    ] {
        let head = Head {
            timeout: Some(sent),
            ..Head::new(Kind::Request, CorrelationId::new(0, 1))
        };
        let mut frame = Vec::new();
        Native.begin(&head, &mut frame);
        assert_eq!(frame[23..], read.to_be_bytes());
    }
}

#[test]
fn long_status_is_cut_between_characters() {
    let mut payload = Vec::new();
    Native.write_status(&Status::internal("ü".repeat(3_000) + "x"), &mut payload);
    assert_eq!(payload.len(), 2 + 4_096);
    let mut odd = Vec::new();
    Native.write_status(
        &Status::internal("x".to_owned() + &"ü".repeat(3_000)),
        &mut odd,
    );
    assert_eq!(odd.len(), 2 + 4_095);
    assert!(Native.read_status(&odd).message().ends_with('ü'));
    assert_eq!(Native.read_status(&[7]).code(), Code::Internal);
}

#[test]
fn metadata_is_checked_before_it_is_sent() {
    let limits = Limits::default();
    let mut metadata = Metadata::new();
    metadata.insert("Trace-Id", "1");
    metadata.append("trace-id", "2");
    assert_eq!(metadata.get("TRACE-ID"), Some("1"));
    metadata.insert("trace-id", "3");
    assert_eq!(metadata.iter().collect::<Vec<_>>(), [("trace-id", "3")]);
    assert_eq!(metadata.check(&limits), Ok(()));

    for (key, value) in [("", ""), ("a b", ""), ("ä", ""), (&*"k".repeat(256), "")] {
        refused(&[(key, value)], &limits);
    }
    refused(&[("k", &*"v".repeat(8 << 10))], &limits);
    refused(&vec![("k", "v"); 33], &limits);
    let mut endless = Limits::default();
    endless.metadata_bytes = usize::MAX;
    endless.metadata_entries = usize::MAX;
    refused(&[("k", &*"v".repeat(60_000))], &endless);
    refused(&vec![("k", "v"); 30_000], &endless);
}

/// Refused by the check; and not written, should somebody leave the check out.
fn refused(entries: &[(&str, &str)], limits: &Limits) {
    let metadata: Metadata = entries.iter().copied().collect();
    let error = metadata.check(limits).expect_err("it is not allowed");
    assert_eq!(error.code(), Code::BadRequest);
    let head = Head {
        metadata: metadata.entries(),
        ..Head::new(Kind::Notification, CorrelationId::NONE)
    };
    let mut frame = Vec::new();
    Native.begin(&head, &mut frame);
    read(&frame).expect("the frame can be read");
}

/// A frame, and where its payload begins.
fn written(owned: &Owned, payload: &[u8]) -> (Vec<u8>, usize) {
    let head = owned.head();
    let mut out = b"earlier".to_vec();
    Native.begin(&head, &mut out);
    let body = out.len() - 7;
    out.extend_from_slice(payload);
    Native.finish(&head, 7, &mut out);
    out.drain(..7);
    (out, body)
}

fn read(frame: &[u8]) -> Result<(), FrameError> {
    Native.parse(frame, &mut |_| {})
}

/// Touches everything that can be read from a frame.
fn read_all(frame: &[u8]) {
    let read = Native.parse(frame, &mut |envelope| {
        let metadata = envelope.head.metadata;
        assert_eq!(metadata.iter().count(), metadata.len());
        let _ = metadata.check(&Limits::default());
        let _ = format!("{envelope:?}");
    });
    if let Err(error) = read {
        assert!(!error.to_string().is_empty());
        error.fault();
    }
}
