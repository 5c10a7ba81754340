//! Frames that a peer gets wrong, byte by byte, and what it gets for them.

use mitto::message::Message;
use mitto::status::Code;

use super::ends::{is_served, limits, secs, server_and_raw};
use super::messages::{Echo, Note, Wait};
use super::raw::{
    CANCEL, CREDIT, END, ERROR, FROM_REQUESTER, Frame, HELLO, ITEM, MORE, NOTIFICATION, PING, PONG,
    PROGRESS, REQUEST, RESPONSE, REST,
};

const ECHO: u32 = Echo::INFO.id.0;
const WAIT: u32 = Wait::INFO.id.0;
const GOOD: &str = r#"{"text":"x"}"#;
const ID: (u32, u32) = (0, 1);

fn good() -> Frame {
    Frame::request(ID, ECHO, GOOD)
}

#[tokio::test]
async fn bad_requests_are_answered_and_leave_nothing() {
    let metadata = |entries: usize, value: usize| {
        let entry = [
            &[1, (value >> 8) as u8, value as u8, b'k'][..],
            &vec![b'v'; value],
        ]
        .concat();
        good().part(3, &entry.repeat(entries))
    };
    let claimed = |length: u16| {
        let mut frame = good();
        frame.parts = [&[1][..], &length.to_be_bytes(), b"ab"].concat();
        frame
    };
    let mut no_format = good();
    no_format.format = 0;
    let mut strange = good();
    strange.format = 200;
    for (what, frame, code) in [
        (
            "unknown message",
            Frame::request(ID, 1, GOOD),
            Code::NotFound,
        ),
        ("no message id", Frame::request(ID, 0, GOOD), Code::NotFound),
        (
            "undecodable",
            Frame::request(ID, ECHO, "{"),
            Code::BadRequest,
        ),
        ("empty", Frame::request(ID, ECHO, ""), Code::BadRequest),
        ("unknown format", strange, Code::UnsupportedFormat),
        ("no format", no_format, Code::BadRequest),
        (
            "slot out of range",
            Frame::request((1024, 1), ECHO, GOOD),
            Code::BadRequest,
        ),
        (
            "last slot",
            Frame::request((u32::MAX, 1), ECHO, GOOD),
            Code::BadRequest,
        ),
        (
            "address is not UTF-8",
            good().part(1, b"\xFF"),
            Code::BadRequest,
        ),
        ("no address", good().part(1, b"chat"), Code::BadRequest),
        ("empty address", good().part(1, b""), Code::BadRequest),
        ("wildcard", good().part(1, b"chat/*"), Code::BadRequest),
        (
            "long address",
            good().part(1, &[b'x'; 60_000]),
            Code::BadRequest,
        ),
        ("part too long", claimed(3), Code::BadRequest),
        ("part far too long", claimed(u16::MAX), Code::BadRequest),
        ("short timeout", good().part(2, &[1, 2]), Code::BadRequest),
        ("short total", good().part(4, &[1]), Code::BadRequest),
        (
            "key in upper case",
            good().part(3, b"\x01\0\0K"),
            Code::BadRequest,
        ),
        (
            "value is not UTF-8",
            good().part(3, b"\x01\0\x01k\xFF"),
            Code::BadRequest,
        ),
        (
            "cut metadata",
            good().part(3, b"\x01\0\x05k"),
            Code::BadRequest,
        ),
        ("33 entries", metadata(33, 1), Code::BadRequest),
        (
            "8 KiB and more of metadata",
            metadata(9, 1_000),
            Code::BadRequest,
        ),
        ("piece without total", good().flags(MORE), Code::BadRequest),
        (
            "more than the total",
            good().flags(MORE).total(2),
            Code::BadRequest,
        ),
    ] {
        let (end, mut raw) = server_and_raw(limits(|_| {})).await;
        raw.send(&frame).await;
        let answer = raw.receive().await.expect(what);
        assert_eq!((answer.kind, answer.id()), (ERROR, frame.id()), "{what}");
        assert_eq!(answer.status().code(), code, "{what}: {}", answer.status());
        is_served(&mut raw).await;
        end.empty().await;
    }
}

#[tokio::test]
async fn frames_that_mean_nothing_are_counted_and_skipped() {
    let of_nobody = |kind| Frame::new(kind, 0, (5, 9)).json(GOOD);
    let mut bad_item = of_nobody(ITEM);
    bad_item.parts = vec![1];
    let large = Frame::new(PING, 0, (0, 0)).payload(&[0; 126]);
    let unknown = Frame::new(99, 0xFFFF, (u32::MAX, u32::MAX)).payload(&[0; 99]);
    for (what, frame) in [
        ("response to nothing", of_nobody(RESPONSE)),
        ("error to nothing", of_nobody(ERROR)),
        ("item to nothing", of_nobody(ITEM)),
        ("item to nothing that cannot be read", bad_item),
        ("end of nothing", of_nobody(END)),
        ("progress of nothing", of_nobody(PROGRESS)),
        (
            "response out of range",
            Frame::new(RESPONSE, 0, (u32::MAX, 1)).json(GOOD),
        ),
        (
            "response from the requester",
            of_nobody(RESPONSE).flags(FROM_REQUESTER),
        ),
        (
            "request from the responder",
            Frame::new(REQUEST, 0, ID).message(ECHO).json(GOOD),
        ),
        (
            "request of generation 0",
            Frame::request((4, 0), ECHO, GOOD),
        ),
        (
            "its bad part",
            Frame::request((4, 0), ECHO, GOOD).part(1, b"\xFF"),
        ),
        (
            "short credit",
            Frame::new(CREDIT, FROM_REQUESTER, ID).payload(&[1]),
        ),
        ("large ping", large),
        ("unknown kind", unknown),
        ("rest without a first piece", good().flags(REST)),
        (
            "response in pieces to nothing",
            of_nobody(RESPONSE).flags(MORE).total(100),
        ),
        (
            "bad part of a notification",
            Frame::new(NOTIFICATION, 1, (0, 0)).part(2, b""),
        ),
        (
            "notification to no address",
            Frame::new(NOTIFICATION, 1, (0, 0)).part(1, b"chat/eu."),
        ),
        (
            "notification without a format",
            Frame::new(NOTIFICATION, 1, (0, 0)),
        ),
    ] {
        let (end, mut raw) = server_and_raw(limits(|_| {})).await;
        raw.send(&frame).await;
        is_served(&mut raw).await;
        assert_eq!(end.peer.statistics().ignored, 1, "{what}");
        end.empty().await;
    }
}

#[tokio::test]
async fn unknown_flags_and_parts_are_skipped() {
    let (end, mut raw) = server_and_raw(limits(|_| {})).await;
    let frame = good()
        .flags(0xFFC0)
        .part(99, b"what")
        .timeout(500)
        .part(77, b"");
    raw.send(&frame).await;
    let answer = raw.receive().await.unwrap();
    assert_eq!((answer.kind, answer.text()), (RESPONSE, GOOD));
    end.empty().await;
}

#[tokio::test]
async fn cancel_and_credit_of_nothing_do_nothing() {
    let (end, mut raw) = server_and_raw(limits(|_| {})).await;
    let wait = Frame::new(NOTIFICATION, FROM_REQUESTER, (0, 0));
    raw.send(&wait.message(Note::INFO.id.0).json(r#"{"wait":true}"#))
        .await;
    for n in 0..10_000 {
        let id = (n % 2_000, n / 2_000);
        raw.send(&Frame::new(CANCEL, FROM_REQUESTER, id)).await;
        raw.send(&Frame::new(CREDIT, FROM_REQUESTER, id).payload(&[0xFF; 4]))
            .await;
    }
    is_served(&mut raw).await;
    assert_eq!(end.world.alive(), 1, "a notification cannot be cancelled");
    end.world.gate.add_permits(1);
    end.empty().await;
}

#[tokio::test]
async fn violations_get_a_goodbye_and_the_end() {
    let mut version = good().bytes();
    version[0] = 2;
    let limit = 1_000;
    let large = format!(r#"{{"text":"{}"}}"#, "x".repeat(limit));
    let notification = Frame::new(NOTIFICATION, 1, (0, 0)).json(&large);
    for (what, frame, code, close) in [
        ("another version", version, Code::BadRequest, 1002),
        ("empty frame", vec![], Code::BadRequest, 1002),
        (
            "hello",
            Frame::new(HELLO, 0, (0, 0)).bytes(),
            Code::BadRequest,
            1002,
        ),
        (
            "large request",
            Frame::request(ID, ECHO, &large).bytes(),
            Code::TooLarge,
            1009,
        ),
        (
            "large notification",
            notification.bytes(),
            Code::TooLarge,
            1009,
        ),
        (
            "large total",
            good().flags(MORE).total(1_001).bytes(),
            Code::TooLarge,
            1009,
        ),
        (
            "endless total",
            good().flags(MORE).total(u64::MAX).bytes(),
            Code::TooLarge,
            1009,
        ),
        (
            "frame over the transport's limit",
            vec![1; 2 << 20],
            Code::TooLarge,
            1009,
        ),
    ] {
        let (end, mut raw) = server_and_raw(limits(|limits| limits.message = limit)).await;
        raw.send(&Frame::request((0, 1), WAIT, r#"{"bytes":1}"#))
            .await;
        raw.send_bytes(&frame).await;
        let (status, reason) = raw.goodbye().await;
        assert_eq!((status.code(), reason), (code, close), "{what}: {status}");
        end.empty().await;
        drop(raw);
        assert_eq!(end.ended().await.code(), Code::ConnectionLost, "{what}");
    }
}

#[tokio::test]
async fn answers_made_before_a_violation_are_sent() {
    let (_end, mut raw) = server_and_raw(limits(|_| {})).await;
    raw.push([good(), Frame::new(HELLO, 0, (0, 0))]).await;
    assert_eq!(raw.receive().await.unwrap().kind, RESPONSE);
    assert_eq!(raw.goodbye().await.0.code(), Code::BadRequest);
}

#[tokio::test]
async fn request_cut_at_any_byte_is_refused() {
    let whole = good()
        .part(1, b"app/node")
        .timeout(1_000)
        .part(3, b"\x01\0\x01kv")
        .bytes();
    for length in 0..whole.len() {
        let (end, mut raw) = server_and_raw(limits(|_| {})).await;
        raw.send_bytes(&whole[..length]).await;
        if length < 20 {
            assert_eq!(raw.goodbye().await.0.code(), Code::BadRequest, "{length}");
        } else {
            let answer = raw.receive().await.unwrap();
            assert_eq!((answer.kind, answer.id()), (ERROR, ID), "{length}");
            assert_eq!(answer.status().code(), Code::BadRequest, "{length}");
            is_served(&mut raw).await;
        }
        end.empty().await;
    }
}

#[tokio::test]
async fn pings_are_answered_with_their_payload() {
    let (_end, mut raw) = server_and_raw(limits(|_| {})).await;
    for payload in [&b""[..], &[7; 125]] {
        raw.send(&Frame::new(PING, 0, (0, 0)).payload(payload))
            .await;
        let pong = raw.receive().await.unwrap();
        assert_eq!((pong.kind, &pong.payload[..]), (PONG, payload));
    }
}

#[tokio::test]
async fn total_that_does_not_come_is_a_timeout() {
    tokio::time::pause();
    let (end, mut raw) = server_and_raw(limits(|_| {})).await;
    raw.send(&good().flags(MORE).total(1_000).timeout(3_000))
        .await;
    let start = tokio::time::Instant::now();
    let late = raw.receive().await.unwrap();
    assert_eq!(late.status().code(), Code::Timeout);
    assert!(start.elapsed() < secs(4));
    raw.send(&good().flags(REST)).await;
    is_served(&mut raw).await;
    assert_eq!(end.peer.statistics().ignored, 1);
    end.empty().await;
}
