//! The bytes on the wire never change: every kind of frame, compared with `golden/*.hex`, and the
//! worked example of the protocol's description.

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroU64;
use std::path::Path;
use std::time::Duration;

use mitto::auth::Stated;
use mitto::codec::Format;
use mitto::envelope::{CorrelationId, ENDED, Head, Kind, List, MessageId, Metadata, STARTED};
use mitto::framing::{Framing, Hello, Native, SchemaEntry, ShapeEntry};
use mitto::limits::Limits;
use mitto::status::{Code, Status};
use mitto::{Address, Identity};

#[test]
fn every_kind_of_frame_is_its_golden_file() {
    let metadata: Metadata = [("trace", "a1"), ("lang", "grüezi")].into_iter().collect();
    let ann = Some(Identity::new("ann").grant("read"));
    let times = [(STARTED, "1767225600000000"), (ENDED, "1767225600250000")];
    let times: Metadata = times.into_iter().collect();
    let frames = frames(&metadata, &times, &ann);
    for (name, head, payload) in &frames {
        let golden = hex(&file(&format!("golden/{name}.hex")));
        assert_eq!(written(head, payload), golden, "{name}, written");
        let mut seen = 0;
        Native
            .parse(&golden, &mut |envelope| {
                assert_eq!(envelope.head, *head, "{name}, read");
                assert_eq!(envelope.payload, payload, "{name}, read");
                seen += 1;
            })
            .expect("golden files can be read");
        assert_eq!(seen, 1, "{name}");
    }

    let kinds: BTreeSet<u8> = frames.iter().map(|(_, h, _)| h.kind.number()).collect();
    assert_eq!(kinds.len(), Kind::ALL.len(), "a kind has no golden file");
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("golden"))
        .expect("the folder is there")
        .filter(|file| {
            let path = file.as_ref().expect("it can be listed").path();
            path.extension().is_some_and(|extension| extension == "hex")
        });
    assert_eq!(files.count(), frames.len(), "a golden file has no frame");
}

#[test]
fn worked_example_of_the_protocol_is_what_is_sent() {
    let text = file("../mitto/src/docs/protocol.md");
    let (_, example) = text
        .split_once("## Worked example")
        .expect("the chapter is there");
    let blocks: Vec<Vec<u8>> = example.split("```").skip(1).step_by(2).map(hex).collect();

    let request = CorrelationId::new(0, 1);
    let sent = [
        written(
            &Head::new(Kind::Hello, CorrelationId::NONE),
            &hello("client"),
        ),
        written(
            &Head::new(Kind::Hello, CorrelationId::NONE),
            &hello("server"),
        ),
        written(
            &Head {
                from_requester: true,
                message: MessageId::of_name("Ping"),
                format: Some(Format::JSON),
                timeout: Some(Duration::from_secs(30)),
                ..Head::new(Kind::Request, request)
            },
            br#"{"n":1}"#,
        ),
        written(
            &Head {
                format: Some(Format::JSON),
                ..Head::new(Kind::Response, request)
            },
            br#"{"n":1}"#,
        ),
        written(&Head::new(Kind::Goodbye, CorrelationId::NONE), b""),
    ];
    assert_eq!(blocks, sent);
}

#[test]
fn hello_of_the_golden_file_is_read_back() {
    let read = Hello::parse(&hello("client")).expect("it can be read");
    assert_eq!(read, hello_of("client"));
}

fn frames<'a>(
    metadata: &'a Metadata,
    times: &'a Metadata,
    identity: &'a Option<Identity>,
) -> Vec<(&'static str, Head<'a>, Vec<u8>)> {
    let head = Head::new;
    let none = CorrelationId::NONE;
    let call = CorrelationId::new(3, 1);
    let upload = CorrelationId::new(4, 1);
    let stream = CorrelationId::new(5, 1);
    let json = Some(Format::JSON);
    let request = Head {
        from_requester: true,
        message: MessageId::of_name("Ping"),
        format: json,
        ..head(Kind::Request, call)
    };
    let mut credit = Vec::new();
    Native.write_credit(2048, &mut credit);
    vec![
        ("hello", head(Kind::Hello, none), hello("client")),
        ("request", request, br#"{"n":1}"#.into()),
        (
            "request_with_parts",
            Head {
                idempotent: true,
                redelivered: true,
                hops: 1,
                correlation: CorrelationId::new(3, 2),
                format: Some(Format::MESSAGE_PACK),
                address: Address::parse("chat/eu/ping").ok(),
                timeout: Some(Duration::from_millis(2500)),
                metadata: metadata.entries(),
                ..request
            },
            vec![0x81, 0xa1, b'n', 1],
        ),
        (
            "request_forwarded",
            Head {
                hops: 2,
                identity: Some(Stated::of(identity)),
                ..request
            },
            br#"{"n":1}"#.into(),
        ),
        (
            "request_of_a_caller",
            Head {
                hops: 1,
                identity: Some(Stated::of(&None)),
                caller: NonZeroU64::new(7),
                ..request
            },
            br#"{"n":1}"#.into(),
        ),
        (
            "request_to_a_client",
            Head {
                message: MessageId::of_name("Confirm"),
                client: NonZeroU64::new(7),
                name: "Confirm",
                stream: true,
                ..request
            },
            b"{}".into(),
        ),
        (
            "request_first_piece",
            Head {
                more: true,
                correlation: upload,
                message: MessageId::of_name("Upload"),
                timeout: Some(Duration::from_secs(30)),
                total: Some(131_072),
                ..request
            },
            br#""abc"#.into(),
        ),
        (
            "request_last_piece",
            Head {
                from_requester: true,
                rest: true,
                ..head(Kind::Request, upload)
            },
            br#"xyz""#.into(),
        ),
        (
            "response",
            Head {
                format: json,
                ..head(Kind::Response, call)
            },
            br#"{"n":1}"#.into(),
        ),
        (
            "response_timed",
            Head {
                format: json,
                metadata: times.entries(),
                ..head(Kind::Response, call)
            },
            br#"{"n":1}"#.into(),
        ),
        (
            "error",
            Head {
                format: json,
                ..head(Kind::Error, call)
            },
            br#""WrongPassword""#.into(),
        ),
        (
            "error_status",
            Head {
                status: true,
                ..head(Kind::Error, call)
            },
            status(&Status::not_found("nobody handles Ping")),
        ),
        (
            "notification",
            Head {
                message: MessageId::of_name("Typing"),
                format: json,
                ..head(Kind::Notification, none)
            },
            br#"{"user":"ada"}"#.into(),
        ),
        (
            "cancel",
            Head {
                from_requester: true,
                ..head(Kind::Cancel, call)
            },
            Vec::new(),
        ),
        (
            "item",
            Head {
                format: json,
                ..head(Kind::Item, stream)
            },
            br#"{"price":7}"#.into(),
        ),
        (
            "item_list",
            Head {
                format: json,
                list: true,
                ..head(Kind::Item, stream)
            },
            list(&[r#"{"price":7}"#, r#"{"price":12}"#, "null"]),
        ),
        ("end", head(Kind::End, stream), Vec::new()),
        (
            "credit",
            Head {
                from_requester: true,
                ..head(Kind::Credit, stream)
            },
            credit,
        ),
        (
            "progress",
            Head {
                timeout: Some(Duration::from_secs(5)),
                ..head(Kind::Progress, call)
            },
            Vec::new(),
        ),
        (
            "goodbye",
            head(Kind::Goodbye, none),
            status(&Status::new(Code::Unavailable, "shutting down")),
        ),
        ("ping", head(Kind::Ping, none), vec![0, 0, 0, 7]),
        ("pong", head(Kind::Pong, none), vec![0, 0, 0, 7]),
        ("hello_shapes", head(Kind::Hello, none), {
            let mut hello = Hello::default();
            hello.schemas = hello_of("client").schemas;
            hello.schemas[0].shapes = Some(0xfedc_ba98_7654_3210);
            let mut payload = Vec::new();
            hello.write(&mut payload);
            payload
        }),
        ("shapes", head(Kind::Shapes, none), shapes()),
    ]
}

fn hello_of(role: &str) -> Hello {
    let mut hello = Hello::new(&Limits::default());
    hello.agent = "mitto/0.1.0".into();
    hello.formats = vec![Format::MESSAGE_PACK, Format::JSON];
    hello.features = Hello::LISTS;
    hello.schemas = vec![SchemaEntry {
        name: "Chat".into(),
        role: role.into(),
        digest: 0x0123_4567_89ab_cdef,
        shapes: None,
    }];
    hello
}

fn hello(role: &str) -> Vec<u8> {
    let mut payload = Vec::new();
    hello_of(role).write(&mut payload);
    payload
}

fn shapes() -> Vec<u8> {
    let entry = ShapeEntry {
        to_server: true,
        message: MessageId::of_name("Ping"),
        hash: 0x0123_4567_89ab_cdef,
        text: "request\tstruct\nrequest.n\tu64\n".into(),
    };
    let mut payload = Vec::new();
    ShapeEntry::write_all([&entry], 1 << 20, &mut payload);
    assert_eq!(ShapeEntry::read_all(&payload), Ok(vec![entry]));
    payload
}

fn list(items: &[&str]) -> Vec<u8> {
    let mut payload = Vec::new();
    for item in items {
        List::push(item.as_bytes(), &mut payload);
    }
    let read = List::read(&payload).expect("what was written can be read");
    assert!(read.items().eq(items.iter().map(|item| item.as_bytes())));
    payload
}

fn status(status: &Status) -> Vec<u8> {
    let mut payload = Vec::new();
    Native.write_status(status, &mut payload);
    assert_eq!(Native.read_status(&payload), *status);
    payload
}

fn written(head: &Head<'_>, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Native.begin(head, &mut out);
    out.extend_from_slice(payload);
    Native.finish(head, 0, &mut out);
    out
}

/// Reads a file beside this crate's manifest.
fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Reads bytes in hex; a `#` begins a comment.
fn hex(text: &str) -> Vec<u8> {
    text.strip_prefix("text")
        .unwrap_or(text)
        .lines()
        .flat_map(|line| {
            let bytes = line.split('#').next().unwrap_or_default();
            bytes.split_whitespace()
        })
        .map(|byte| u8::from_str_radix(byte, 16).unwrap_or_else(|_| panic!("{byte} is not hex")))
        .collect()
}
