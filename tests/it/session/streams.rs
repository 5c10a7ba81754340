//! Streams: order, credit, deadlines, cancellation.

use std::sync::atomic::Ordering::SeqCst;

use mitto::message::Message;
use mitto::status::Code;
use tokio::time::Instant;

use super::ends::{client_and_raw, echo, limits, pair, poll_once, secs, server_and_raw, settle};
use super::messages::Watch;
use super::raw::{
    CANCEL, CREDIT, END, FROM_REQUESTER, Frame, ITEM, MORE, PROGRESS, REQUEST, RESPONSE, REST,
};

#[tokio::test]
async fn items_come_in_order_then_the_end() {
    let (client, server) = pair(limits(|_| {})).await;
    for (items, bytes) in [(0, 0), (1, 0), (3_000, 10), (40, 70_000), (3, 300_000)] {
        let mut stream = client.peer.call(Watch { items, bytes }).await.unwrap();
        for n in 0..items {
            let item = stream.next().await.unwrap().unwrap();
            assert_eq!((item.n, item.text.len()), (n, bytes));
        }
        assert!(stream.next().await.is_none());
        assert!(stream.next().await.is_none());
    }
    client.empty().await;
    server.empty().await;
}

#[tokio::test]
async fn handler_is_held_back_by_a_reader_that_does_not_read() {
    let (client, server) = pair(limits(|limits| limits.stream_window = 16 << 10)).await;
    let watch = Watch {
        items: 100,
        bytes: 10,
    };
    let mut stream = client.peer.call(watch).await.unwrap();
    settle().await;
    let sent = || server.world.items.load(SeqCst);
    assert_eq!(sent(), 16, "an item counts as 1 KiB");
    for n in 0..100 {
        assert_eq!(stream.next().await.unwrap().unwrap().n, n);
        settle().await;
        assert!(sent() <= 17 + n as usize, "{} after {n}", sent());
    }
    assert!(stream.next().await.is_none());
    client.empty().await;
    server.empty().await;
}

#[tokio::test]
async fn window_smaller_than_an_item_lets_one_through_at_a_time() {
    let (client, _server) = pair(limits(|limits| limits.stream_window = 1)).await;
    let watch = Watch {
        items: 20,
        bytes: 5_000,
    };
    let mut stream = client.peer.call(watch).await.unwrap();
    for n in 0..20 {
        assert_eq!(stream.next().await.unwrap().unwrap().n, n);
    }
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn dropped_stream_drops_its_handler() {
    let (client, server) = pair(limits(|limits| limits.stream_window = 16 << 10)).await;
    for bytes in [10, 200_000] {
        let mut stream = client
            .peer
            .call(Watch {
                items: 1_000,
                bytes,
            })
            .await
            .unwrap();
        stream.next().await.unwrap().unwrap();
        drop(stream);
        client.empty().await;
        server.empty().await;
    }
    assert_eq!(
        client.peer.call(echo("after")).await.unwrap(),
        echo("after")
    );
}

#[tokio::test(start_paused = true)]
async fn deadline_ends_with_the_first_item() {
    let (client, mut raw) = client_and_raw(limits(|_| {})).await;
    let peer = client.peer.clone();
    let open = tokio::spawn(async move {
        let watch = Watch { items: 1, bytes: 1 };
        peer.call(watch).timeout(secs(5)).await
    });
    let id = raw.receive().await.unwrap().id();
    raw.send(&Frame::new(PROGRESS, 0, id)).await;
    let mut stream = open.await.unwrap().unwrap();
    raw.send(&Frame::new(ITEM, 0, id).json(r#"{"n":1,"text":""}"#))
        .await;
    assert_eq!(stream.next().await.unwrap().unwrap().n, 1);
    tokio::time::sleep(secs(40)).await;
    raw.send(&Frame::new(END, 0, id)).await;
    assert!(stream.next().await.is_none());
    client.empty().await;
}

#[tokio::test(start_paused = true)]
async fn deadline_before_the_first_item_ends_the_stream() {
    let (client, mut raw) = client_and_raw(limits(|_| {})).await;
    let start = Instant::now();
    let watch = Watch { items: 1, bytes: 1 };
    let late = client.peer.call(watch).timeout(secs(5)).await;
    assert_eq!(late.unwrap_err().code(), Code::Timeout);
    let waited = start.elapsed();
    assert!((secs(5)..secs(6)).contains(&waited), "{waited:?}");
    assert_eq!(raw.receive().await.unwrap().kind, REQUEST);
    assert_eq!(raw.receive().await.unwrap().kind, CANCEL);
    client.empty().await;
}

#[tokio::test]
async fn item_without_credit_ends_its_stream_and_cancels_it() {
    let (client, mut raw) = client_and_raw(limits(|limits| limits.stream_window = 2_048)).await;
    let watch = Watch { items: 1, bytes: 1 };
    let mut call = client.peer.call(watch);
    assert!(poll_once(&mut call).await.is_none());
    let id = raw.receive().await.unwrap().id();
    for n in 0..3 {
        let item = format!(r#"{{"n":{n},"text":""}}"#);
        raw.send(&Frame::new(ITEM, 0, id).json(&item)).await;
    }
    settle().await;
    let mut stream = call.await.unwrap();
    assert!(stream.next().await.unwrap().is_ok());
    assert!(stream.next().await.unwrap().is_ok());
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!(error.code(), Code::BadRequest);
    let cancel = raw.receive().await.unwrap();
    assert_eq!((cancel.kind, cancel.id()), (CANCEL, id));
    client.empty().await;
}

#[tokio::test]
async fn answer_of_another_kind_is_a_bad_request() {
    for kind in [RESPONSE, ITEM, END] {
        let (client, mut raw) = client_and_raw(limits(|_| {})).await;
        let mut unary = client.peer.call(echo("x"));
        assert!(poll_once(&mut unary).await.is_none());
        let id = raw.receive().await.unwrap().id();
        let text = if kind == RESPONSE {
            "7"
        } else {
            r#"{"text":"x"}"#
        };
        raw.send(&Frame::new(kind, 0, id).json(text)).await;
        assert_eq!(unary.await.unwrap_err().code(), Code::BadRequest);
        client.empty().await;
        let mut stream = client.peer.call(Watch { items: 1, bytes: 1 });
        assert!(poll_once(&mut stream).await.is_none());
        let mut request = raw.receive().await.unwrap();
        if request.kind == CANCEL {
            request = raw.receive().await.unwrap();
        }
        raw.send(&Frame::new(RESPONSE, 0, request.id()).json("7"))
            .await;
        assert_eq!(stream.await.unwrap_err().code(), Code::BadRequest);
        client.empty().await;
    }
}

#[tokio::test]
async fn credit_counts_bytes_and_goes_below_zero_by_one_item() {
    let (end, mut raw) = server_and_raw(limits(|_| {})).await;
    let watch = Frame::request((0, 1), Watch::INFO.id.0, r#"{"items":4,"bytes":150000}"#);
    raw.send(&watch).await;
    let mut items = 0;
    let mut whole = |frame: &Frame| {
        items += usize::from(frame.kind == ITEM && frame.flags & MORE == 0);
        items
    };
    assert_eq!(raw.receive().await.unwrap().kind, PROGRESS);
    while whole(&raw.receive().await.unwrap()) < 2 {}
    settle().await;
    assert_eq!(end.world.items.load(SeqCst), 2);
    raw.send(&Frame::new(CREDIT, FROM_REQUESTER, (0, 1)).payload(&40_000_u32.to_be_bytes()))
        .await;
    while whole(&raw.receive().await.unwrap()) < 3 {}
    settle().await;
    assert_eq!(end.world.items.load(SeqCst), 3);
    raw.send(&Frame::new(CREDIT, FROM_REQUESTER, (0, 1)).payload(&[0xFF; 4]))
        .await;
    let mut last = raw.receive().await.unwrap();
    while last.kind == ITEM {
        assert!(last.flags & (MORE | REST) != 0);
        last = raw.receive().await.unwrap();
    }
    assert_eq!(last.kind, END);
    end.empty().await;
}
