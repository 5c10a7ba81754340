//! Ends that say anything of what their messages look like.

use std::sync::Arc;
use std::time::Duration;

use mitto::built_in::BuiltIns;
use mitto::envelope::MessageId;
use mitto::framing::{Hello, SchemaEntry, ShapeEntry};
use mitto::limits::Limits;
use mitto::message::Message;
use mitto::schema::Schema;
use mitto::session::{Config, HandshakeError, Session};
use mitto::status::Code;
use mitto::transport::memory;
use mitto::{Format, Peer};
use tokio::task::JoinHandle;

use super::versions::new;
use crate::session::raw::{
    ERROR, FROM_REQUESTER, Frame, HELLO, NOTIFICATION, REQUEST, RESPONSE, Raw,
};

const SHAPES: u8 = 14;
const COMPACT: u8 = 5;

struct Ended(Result<Peer, HandshakeError>);

/// A server of the second version, and a client that has said that its shapes are others.
async fn met() -> (JoinHandle<Ended>, Raw, new::ShopServer) {
    let (here, there) = memory::pair(64 << 10);
    let shop = new::ShopServer::default();
    let config = Config::serving(Arc::new(shop.clone()), BuiltIns::default());
    let task = tokio::spawn(async move {
        let session = Session::accept(Box::new(here), Arc::new(config)).await;
        Ended(session.map(|session| {
            let peer = session.peer().clone();
            tokio::spawn(session);
            peer
        }))
    });
    let mut raw = Raw::new(there);
    raw.send(&hello(Some(7))).await;
    assert_eq!(raw.receive().await.unwrap().kind, HELLO);
    (task, raw, shop)
}

fn hello(shapes: Option<u64>) -> Frame {
    let mut hello = Hello::new(&Limits::default());
    hello.formats = vec![Format::COMPACT];
    hello.schemas = vec![SchemaEntry {
        name: "Shop".into(),
        role: "client".into(),
        digest: new::Shop::DESCRIPTOR.digest,
        shapes,
    }];
    let mut payload = Vec::new();
    hello.write(&mut payload);
    Frame::new(HELLO, 0, (0, 0)).payload(&payload)
}

fn entry(message: MessageId, text: &str) -> ShapeEntry {
    ShapeEntry {
        to_server: true,
        message,
        hash: 1,
        text: text.into(),
    }
}

fn list(entries: &[ShapeEntry]) -> Frame {
    let mut payload = Vec::new();
    ShapeEntry::write_all(entries, 1 << 20, &mut payload);
    Frame::new(SHAPES, 0, (0, 0)).payload(&payload)
}

/// A compact request whose message is one number.
fn compact(kind: u8, id: (u32, u32), message: MessageId) -> Frame {
    let mut frame = Frame::new(kind, FROM_REQUESTER, id).message(message.0);
    frame.format = COMPACT;
    frame.payload(&[5])
}

#[tokio::test]
async fn list_is_sent_only_when_the_digests_differ() {
    let (here, there) = memory::pair(64 << 10);
    let config = Config::serving(Arc::new(new::ShopServer::default()), BuiltIns::default());
    let shapes = new::Shop::DESCRIPTOR.shape_digest();
    let session = tokio::spawn(Session::accept(Box::new(here), Arc::new(config)));
    let mut raw = Raw::new(there);
    raw.send(&hello(shapes)).await;
    assert_eq!(raw.receive().await.unwrap().kind, HELLO);
    let session = session.await.unwrap().unwrap();
    assert!(session.peer().schema_differences().is_empty());
}

#[tokio::test]
async fn list_of_this_end_tells_every_message() {
    let (_task, mut raw, _) = met().await;
    let frame = raw.receive().await.unwrap();
    assert_eq!(frame.kind, SHAPES);
    let entries = ShapeEntry::read_all(&frame.payload).unwrap();
    let shapes = new::Shop::DESCRIPTOR.shapes();
    assert_eq!(entries.len(), shapes.len());
    let same = entries
        .iter()
        .find(|entry| entry.message == new::Same::INFO.id)
        .unwrap();
    assert_eq!(
        same.text,
        "request\tstruct\nrequest.n\tu32\nresponse\tu32\n"
    );
}

#[tokio::test]
async fn compact_request_that_comes_all_the_same_is_refused() {
    let (task, mut raw, shop) = met().await;
    raw.receive().await.unwrap();
    let names = "request\tstruct\nrequest.n\tu\u{1b}[2J\nresponse\tu32\n";
    raw.send(&list(&[
        entry(new::Same::INFO.id, names),
        entry(new::Noted::INFO.id, ""),
    ]))
    .await;
    let peer = task.await.unwrap().0.unwrap();
    raw.send(&compact(NOTIFICATION, (0, 0), new::Noted::INFO.id))
        .await;
    raw.send(&compact(REQUEST, (0, 1), new::Same::INFO.id))
        .await;
    let refused = raw.receive().await.unwrap();
    assert_eq!(
        (refused.kind, refused.status().code()),
        (ERROR, Code::SchemaMismatch)
    );
    let text = r"`Same`: field `n` is u32 here and u\u{1b}[2J there; update the older end, or use a format other than compact";
    assert_eq!(refused.status().message(), text);
    assert_eq!(shop.noted.0.load(std::sync::atomic::Ordering::SeqCst), 0);
    assert_eq!(peer.statistics().ignored, 1);
    // One that was not said to be different, and another format.
    raw.send(&compact(REQUEST, (0, 2), new::Retyped::INFO.id))
        .await;
    assert_eq!(raw.receive().await.unwrap().kind, RESPONSE);
    raw.send(&Frame::request((0, 3), new::Same::INFO.id.0, r#"{"n":5}"#))
        .await;
    assert_eq!(raw.receive().await.unwrap().kind, RESPONSE);
    let texts: Vec<String> = peer
        .schema_differences()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(texts[0], "`Noted`: it has another shape there");
}

#[tokio::test]
async fn list_of_nonsense_is_no_harm() {
    let many: Vec<ShapeEntry> = (0..30_000).map(|n| entry(MessageId(n), "a\tb")).collect();
    let lines = "request\tstruct\n".repeat(4_000);
    for (what, frame, differences) in [
        ("nothing", list(&[]), 0),
        (
            "unknown ids",
            list(&[entry(MessageId(1), "x"), entry(MessageId(0), "")]),
            0,
        ),
        ("many unknown ids", list(&many), 0),
        (
            "the same id twice",
            list(&vec![entry(new::Same::INFO.id, "x"); 50]),
            1,
        ),
        ("many lines", list(&[entry(new::Same::INFO.id, &lines)]), 1),
        (
            "no lines",
            list(&[entry(new::Same::INFO.id, "\t\t\n\n|\t|.|")]),
            1,
        ),
        (
            "unknown parts",
            Frame::new(SHAPES, 0, (0, 0)).payload(&[9, 0, 1, 7]),
            0,
        ),
    ] {
        let (task, mut raw, _) = met().await;
        raw.receive().await.unwrap();
        raw.send(&frame).await;
        let peer = task.await.unwrap().0.unwrap();
        assert_eq!(peer.schema_differences().len(), differences, "{what}");
        raw.send(&Frame::request((0, 1), new::Same::INFO.id.0, r#"{"n":5}"#))
            .await;
        assert_eq!(raw.receive().await.unwrap().kind, RESPONSE, "{what}");
    }
}

#[tokio::test]
async fn list_that_cannot_be_read_ends_the_connection() {
    let frame = |payload: &[u8]| Frame::new(SHAPES, 0, (0, 0)).payload(payload);
    let mut bad_text = vec![1, 0, 14];
    bad_text.extend([0; 13]);
    bad_text.push(0xff);
    for (what, frame) in [
        ("a cut part", frame(&[1, 0, 30, 1])),
        ("a short entry", frame(&[1, 0, 3, 1, 2, 3])),
        ("no text", frame(&bad_text)),
        ("a cut head", frame(&[1, 0])),
        ("a request", Frame::request((0, 1), 1, "{}")),
        ("a second hello", hello(Some(8))),
    ] {
        let (task, mut raw, _) = met().await;
        raw.receive().await.unwrap();
        raw.send(&frame).await;
        let (status, code) = raw.goodbye().await;
        assert_eq!((status.code(), code), (Code::BadRequest, 1002), "{what}");
        drop(raw);
        assert!(task.await.unwrap().0.is_err(), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_instead_of_a_list_ends_after_the_limit() {
    let (task, mut raw, _) = met().await;
    raw.receive().await.unwrap();
    let start = tokio::time::Instant::now();
    assert_eq!(raw.receive().await, None);
    assert!(start.elapsed() < Duration::from_secs(11));
    drop(raw);
    let error = task.await.unwrap().0.err().unwrap();
    assert!(matches!(error, HandshakeError::Timeout(_)), "{error}");
}

#[tokio::test]
async fn late_list_is_ignored() {
    let (task, mut raw, _) = met().await;
    raw.receive().await.unwrap();
    raw.send(&list(&[])).await;
    let peer = task.await.unwrap().0.unwrap();
    raw.send(&list(&[entry(new::Same::INFO.id, "x")])).await;
    raw.send(&compact(REQUEST, (0, 1), new::Same::INFO.id))
        .await;
    assert_eq!(raw.receive().await.unwrap().kind, RESPONSE);
    assert!(peer.schema_differences().is_empty());
    assert_eq!(peer.statistics().ignored, 1);
}

#[test]
fn list_keeps_to_the_limit_of_the_other_end() {
    let entries: Vec<ShapeEntry> = (0..9)
        .map(|n| entry(MessageId(n), &"x".repeat(100)))
        .collect();
    let long = entry(MessageId(9), &"x".repeat(70_000));
    for (most, sent) in [(0, 0), (15, 0), (16, 1), (200, 6), (500, 6), (10_000, 10)] {
        let mut payload = vec![7];
        ShapeEntry::write_all(entries.iter().chain([&long]), most, &mut payload);
        assert!(payload.len() - 1 <= most, "{most}");
        let read = ShapeEntry::read_all(&payload[1..]).unwrap();
        assert_eq!(read.len(), sent, "{most}");
        assert!(read.iter().all(|entry| entry.hash == 1));
    }
    // Too long for a part: its hash says that it differs.
    let mut payload = Vec::new();
    ShapeEntry::write_all([&long], 1 << 20, &mut payload);
    assert_eq!(ShapeEntry::read_all(&payload).unwrap()[0].text, "");
}
