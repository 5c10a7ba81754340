//! Items in lists, several in one frame.

use std::sync::Arc;

use mitto::built_in::BuiltIns;
use mitto::envelope::List;
use mitto::limits::Limits;
use mitto::message::Message;
use mitto::session::{Config, Session};
use mitto::status::Code;
use mitto::transport::memory;
use mitto::{Context, Items, Request, Status, handler, provider};
use serde::{Deserialize, Serialize};

use super::ends::{client_and_raw, limits, poll_once, settle};
use super::messages::Watch;
use super::raw::{
    CANCEL, CREDIT, END, ERROR, FROM_REQUESTER, Frame, HELLO, ITEM, LIST, MORE, PROGRESS, REST, Raw,
};

/// Numbers, as the parts say: how many items, then what else.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = Number)]
struct Numbers {
    parts: Vec<(u32, Then)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Then {
    Nothing,
    Progress,
    Wait,
    Fail,
    Panic,
    Unable,
    Large,
}

/// Says in the second field what is wrong with it.
#[derive(Debug, PartialEq, Deserialize)]
struct Number(u32, Option<Then>);

impl Serialize for Number {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.1 {
            Some(Then::Unable) => Err(serde::ser::Error::custom("not today")),
            Some(Then::Panic) => panic!("in Serialize, as the test asks for"),
            Some(Then::Large) => "x".repeat(100_000).serialize(to),
            _ => self.0.serialize(to),
        }
    }
}

mitto::schema! {
    Listed { client => server as ListedClient: [Numbers] }
}

#[provider(server of Listed: [numbers])]
struct ListedServer;

#[handler]
async fn numbers(items: Items<Number>, context: Context, req: Numbers) -> Result<(), Status> {
    let mut n = 0;
    for (count, then) in req.parts {
        for _ in 0..count {
            items.send(Number(n, None)).await?;
            n += 1;
        }
        match then {
            Then::Nothing => {}
            Then::Progress => context.progress(),
            Then::Wait => tokio::task::yield_now().await,
            Then::Fail => return Err(Status::denied("no more")),
            Then::Panic | Then::Unable | Then::Large => items.send(Number(n, Some(then))).await?,
        }
    }
    Ok(())
}

/// A client spoken by hand, of a server that has handlers; it takes lists if it `says` so.
async fn raw_of(says: bool, limits: Limits) -> Raw {
    let (here, there) = memory::pair(64 << 10);
    let mut config = Config::serving(Arc::new(ListedServer), BuiltIns::default());
    config.limits = limits;
    let session = tokio::spawn(Session::accept(Box::new(here), Arc::new(config)));
    let mut raw = Raw::new(there);
    let mut hello = Frame::new(HELLO, 0, (0, 0));
    if says {
        hello.payload = [&[7, 0, 8][..], &1_u64.to_be_bytes()].concat();
    }
    raw.send(&hello).await;
    assert_eq!(raw.receive().await.unwrap().kind, HELLO);
    tokio::spawn(session.await.unwrap().unwrap());
    raw
}

async fn ask(raw: &mut Raw, parts: &[(u32, Then)]) {
    let parts = parts.to_vec();
    let json = serde_json::to_string(&Numbers { parts }).unwrap();
    raw.send(&Frame::request((0, 1), Numbers::INFO.id.0, &json))
        .await;
    assert_eq!(raw.receive().await.unwrap().kind, PROGRESS);
}

fn listed(frame: &Frame) -> Vec<&str> {
    assert_eq!((frame.kind, frame.flags), (ITEM, LIST), "{frame:?}");
    let list = List::read(&frame.payload).unwrap();
    let items = list.items().map(|item| std::str::from_utf8(item).unwrap());
    items.collect()
}

fn list(items: &[&str]) -> Frame {
    let mut payload = Vec::new();
    for item in items {
        List::push(item.as_bytes(), &mut payload);
    }
    let mut frame = Frame::new(ITEM, LIST, (0, 1)).json("");
    frame.payload = payload;
    frame
}

#[tokio::test]
async fn items_of_one_poll_come_in_one_frame() {
    let mut raw = raw_of(true, Limits::default()).await;
    ask(&mut raw, &[(3, Then::Wait), (2, Then::Nothing)]).await;
    assert_eq!(listed(&raw.receive().await.unwrap()), ["0", "1", "2"]);
    assert_eq!(listed(&raw.receive().await.unwrap()), ["3", "4"]);
    assert_eq!(raw.receive().await.unwrap().kind, END);
}

#[tokio::test]
async fn end_that_says_nothing_of_lists_gets_items_one_by_one() {
    let mut raw = raw_of(false, Limits::default()).await;
    ask(&mut raw, &[(3, Then::Nothing)]).await;
    for n in ["0", "1", "2"] {
        let item = raw.receive().await.unwrap();
        assert_eq!((item.kind, item.flags, item.text()), (ITEM, 0, n));
    }
    assert_eq!(raw.receive().await.unwrap().kind, END);
}

#[tokio::test]
async fn credit_counts_every_item_of_a_list() {
    let mut raw = raw_of(true, Limits::default()).await;
    ask(&mut raw, &[(1_000, Then::Nothing)]).await;
    let mut came = Vec::new();
    while came.len() < 256 {
        let frame = raw.receive().await.unwrap();
        came.extend(listed(&frame).iter().map(|n| n.parse::<usize>().unwrap()));
    }
    assert!(came.into_iter().eq(0..256), "the window is 256 KiB");
    settle().await;
    let credit =
        |bytes: u32| Frame::new(CREDIT, FROM_REQUESTER, (0, 1)).payload(&bytes.to_be_bytes());
    raw.send(&credit(2 << 10)).await;
    assert_eq!(listed(&raw.receive().await.unwrap()), ["256", "257"]);
    raw.send(&credit(1)).await;
    assert_eq!(listed(&raw.receive().await.unwrap()), ["258"]);
}

#[tokio::test]
async fn what_a_handler_says_keeps_its_order() {
    let mut raw = raw_of(true, Limits::default()).await;
    ask(&mut raw, &[(2, Then::Progress), (1, Then::Fail)]).await;
    assert_eq!(listed(&raw.receive().await.unwrap()), ["0", "1"]);
    assert_eq!(raw.receive().await.unwrap().kind, PROGRESS);
    assert_eq!(listed(&raw.receive().await.unwrap()), ["2"]);
    let error = raw.receive().await.unwrap();
    assert_eq!((error.kind, error.status().code()), (ERROR, Code::Denied));
}

#[tokio::test]
async fn item_that_cannot_be_sent_leaves_nothing_behind() {
    for (then, code) in [
        (Then::Unable, Code::Internal),
        (Then::Panic, Code::Internal),
    ] {
        let mut raw = raw_of(true, Limits::default()).await;
        ask(&mut raw, &[(2, then)]).await;
        assert_eq!(listed(&raw.receive().await.unwrap()), ["0", "1"]);
        let error = raw.receive().await.unwrap();
        assert_eq!((error.kind, error.status().code()), (ERROR, code));
    }
}

#[tokio::test]
async fn large_item_goes_alone_between_small_ones() {
    let mut raw = raw_of(true, Limits::default()).await;
    ask(&mut raw, &[(2, Then::Large), (2, Then::Nothing)]).await;
    assert_eq!(listed(&raw.receive().await.unwrap()), ["0", "1"]);
    let first = raw.receive().await.unwrap();
    assert_eq!((first.kind, first.flags), (ITEM, MORE));
    let rest = raw.receive().await.unwrap();
    assert_eq!((rest.kind, rest.flags), (ITEM, REST));
    assert_eq!(first.payload.len() + rest.payload.len(), 100_002);
    // They have waited behind the pieces, where items go one by one.
    for n in ["2", "3"] {
        let item = raw.receive().await.unwrap();
        assert_eq!((item.kind, item.flags, item.text()), (ITEM, 0, n));
    }
    assert_eq!(raw.receive().await.unwrap().kind, END);
}

#[tokio::test]
async fn items_that_are_sent_one_by_one_share_a_frame_too() {
    let (end, mut raw) = server_and_raw_with_lists().await;
    let watch = Frame::request((0, 1), Watch::INFO.id.0, r#"{"items":3,"bytes":1}"#);
    raw.send(&watch).await;
    assert_eq!(raw.receive().await.unwrap().kind, PROGRESS);
    let items = raw.receive().await.unwrap();
    assert_eq!(listed(&items).len(), 3);
    assert_eq!(raw.receive().await.unwrap().kind, END);
    end.empty().await;
}

#[tokio::test]
async fn list_is_read_as_its_items() {
    let (client, mut raw) = client_and_raw(limits(|_| {})).await;
    let mut call = client.peer.call(Watch { items: 1, bytes: 1 });
    assert!(poll_once(&mut call).await.is_none());
    raw.receive().await.unwrap();
    let items = [0, 1, 2].map(|n| format!(r#"{{"n":{n},"text":""}}"#));
    raw.send(&list(&[&items[0], &items[1]])).await;
    raw.send(&Frame::new(ITEM, 0, (0, 1)).json(&items[2])).await;
    raw.send(&list(&[&items[1]])).await;
    raw.send(&Frame::new(END, 0, (0, 1))).await;
    let mut stream = call.await.unwrap();
    for n in [0, 1, 2, 1] {
        assert_eq!(stream.next().await.unwrap().unwrap().n, n);
    }
    assert!(stream.next().await.is_none());
    client.empty().await;
}

#[tokio::test]
async fn list_beyond_the_credit_ends_its_stream_behind_what_was_allowed() {
    for idle in [false, true] {
        let limits = limits(|limits| {
            limits.stream_window = 2_048;
            limits.stream_idle = idle.then(|| super::ends::secs(60));
        });
        let (client, mut raw) = client_and_raw(limits).await;
        let mut call = client.peer.call(Watch { items: 1, bytes: 1 });
        assert!(poll_once(&mut call).await.is_none());
        raw.receive().await.unwrap();
        raw.send(&list(&[r#"{"n":7,"text":""}"#; 4])).await;
        settle().await;
        let mut stream = call.await.unwrap();
        assert!(stream.next().await.unwrap().is_ok());
        assert!(stream.next().await.unwrap().is_ok());
        let error = stream.next().await.unwrap().unwrap_err();
        assert_eq!(error.code(), Code::BadRequest);
        assert_eq!(raw.receive().await.unwrap().kind, CANCEL);
        client.empty().await;
    }
}

#[tokio::test]
async fn bad_list_ends_its_stream() {
    let whole = list(&["1", "22"]);
    let mut bad = vec![("no item", list(&[]))];
    for end in (1..whole.payload.len()).filter(|end| *end != 3) {
        let mut cut = whole.clone();
        cut.payload.truncate(end);
        bad.push(("cut", cut));
    }
    let mut longer = whole.clone();
    longer.payload.push(0);
    bad.push(("one byte too many", longer));
    for (what, frame) in bad {
        let (client, mut raw) = client_and_raw(limits(|_| {})).await;
        let mut call = client.peer.call(Watch { items: 1, bytes: 1 });
        assert!(poll_once(&mut call).await.is_none());
        raw.receive().await.unwrap();
        raw.send(&frame).await;
        let error = call.await.unwrap_err();
        assert_eq!(error.code(), Code::BadRequest, "{what}");
        assert_eq!(raw.receive().await.unwrap().kind, CANCEL, "{what}");
        client.empty().await;
    }
}

#[tokio::test]
async fn list_in_pieces_ends_its_stream() {
    let (client, mut raw) = client_and_raw(limits(|_| {})).await;
    let mut call = client.peer.call(Watch { items: 1, bytes: 1 });
    assert!(poll_once(&mut call).await.is_none());
    raw.receive().await.unwrap();
    raw.send(&list(&["1"]).flags(MORE).total(6)).await;
    raw.send(&list(&["1"]).flags(REST)).await;
    let error = call.await.unwrap_err();
    assert_eq!(error.code(), Code::BadRequest);
    assert!(error.message().contains("pieces"), "{error}");
    assert_eq!(raw.receive().await.unwrap().kind, CANCEL);
    client.empty().await;
}

#[tokio::test]
async fn message_limit_counts_for_each_item() {
    let small = || limits(|limits| limits.message = 1_000);
    let (client, mut raw) = client_and_raw(small()).await;
    let mut call = client.peer.call(Watch { items: 1, bytes: 1 });
    assert!(poll_once(&mut call).await.is_none());
    raw.receive().await.unwrap();
    let item = format!(r#"{{"n":1,"text":"{}"}}"#, "x".repeat(900));
    raw.send(&list(&[&*item; 50])).await;
    let mut stream = call.await.unwrap();
    for _ in 0..50 {
        assert!(stream.next().await.unwrap().is_ok());
    }
    let long = format!(r#"{{"n":1,"text":"{}"}}"#, "x".repeat(1_000));
    raw.send(&list(&[&item, &long])).await;
    let (status, code) = loop {
        let frame = raw.receive().await.unwrap();
        if frame.kind != CREDIT {
            assert_eq!(raw.receive().await, None);
            break (frame.status(), raw.close_code());
        }
    };
    assert_eq!((status.code(), code), (Code::TooLarge, 1009));
    assert!(stream.next().await.unwrap().is_err());
}

/// A server of the handlers of these tests, and a client spoken by hand that takes lists.
async fn server_and_raw_with_lists() -> (super::ends::End, Raw) {
    let (end, mut raw) = super::ends::server_before_hello(limits(|_| {}));
    let features = [&[7, 0, 8][..], &1_u64.to_be_bytes()].concat();
    raw.send(&Frame::new(HELLO, 0, (0, 0)).payload(&features))
        .await;
    assert_eq!(raw.receive().await.unwrap().kind, HELLO);
    (end.await.unwrap().unwrap(), raw)
}
