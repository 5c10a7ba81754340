//! Messages that travel in pieces.

use mitto::message::Message;
use mitto::status::Code;

use super::ends::{
    client_and_raw, echo, is_served, limits, pair, poll_once, secs, server_and_raw, settle,
};
use super::messages::{Echo, Wait};
use super::raw::{CANCEL, ERROR, FROM_REQUESTER, Frame, MORE, REQUEST, RESPONSE, REST, STATUS};

const ECHO: u32 = Echo::INFO.id.0;

#[tokio::test]
async fn large_messages_arrive_whole_in_both_directions() {
    let (client, server) = pair(limits(|limits| limits.message = 4 << 20)).await;
    for bytes in [65_530, 65_536, 65_600, 131_072, 1_000_000, 3_000_000] {
        for peer in [&client.peer, &server.peer] {
            let large = echo("x".repeat(bytes));
            assert_eq!(peer.call(large.clone()).await.unwrap(), large);
        }
    }
    client.empty().await;
    server.empty().await;
}

#[tokio::test]
async fn small_answers_pass_between_the_pieces_of_a_large_one() {
    let (_end, mut raw) = server_and_raw(limits(|_| {})).await;
    let wait = Frame::request((0, 1), Wait::INFO.id.0, r#"{"bytes":1000000}"#);
    raw.send(&wait).await;
    settle().await;
    _end.world.gate.add_permits(1);
    let first = raw.receive().await.unwrap();
    assert_eq!((first.kind, first.payload.len()), (RESPONSE, 65_536));
    raw.send(&Frame::request((1, 1), ECHO, r#"{"text":"x"}"#))
        .await;
    let mut pieces = 1;
    loop {
        let frame = raw.receive().await.unwrap();
        if frame.slot == 1 {
            break;
        }
        assert!(frame.flags & MORE != 0, "the small one came first");
        pieces += 1;
    }
    assert!(pieces < 6, "{pieces}");
}

#[tokio::test]
async fn cancel_stops_the_pieces_of_an_answer_on_its_way() {
    let (end, mut raw) = server_and_raw(limits(|_| {})).await;
    let wait = Frame::request((0, 1), Wait::INFO.id.0, r#"{"bytes":1000000}"#);
    raw.send(&wait).await;
    settle().await;
    end.world.gate.add_permits(1);
    assert_eq!(raw.receive().await.unwrap().kind, RESPONSE);
    raw.send(&Frame::new(CANCEL, FROM_REQUESTER, (0, 1))).await;
    raw.send(&Frame::request((1, 1), ECHO, r#"{"text":"x"}"#))
        .await;
    let mut pieces = 1;
    while raw.receive().await.unwrap().slot == 0 {
        pieces += 1;
    }
    assert!(pieces < 6, "{pieces}");
    is_served(&mut raw).await;
    end.empty().await;
}

/// Answers that stop in the middle, because their calls were dropped, must not take the places of
/// later ones.
#[tokio::test]
async fn unfinished_answers_of_dropped_calls_take_no_place() {
    let (client, mut raw) = client_and_raw(limits(|_| {})).await;
    for _ in 0..3 {
        let mut calls: Vec<_> = (0..4).map(|_| client.peer.call(echo("x"))).collect();
        for call in &mut calls {
            assert!(poll_once(call).await.is_none());
            let id = raw.receive().await.unwrap().id();
            let piece = Frame::new(RESPONSE, MORE, id).json("{").total(100_000);
            raw.send(&piece).await;
        }
        settle().await;
        drop(calls);
        for _ in 0..4 {
            assert_eq!(raw.receive().await.unwrap().kind, CANCEL);
        }
    }
    let mut call = client.peer.call(echo("x"));
    assert!(poll_once(&mut call).await.is_none());
    let id = raw.receive().await.unwrap().id();
    let (first, rest) = r#"{"text":"whole"}"#.split_at(5);
    raw.send(&Frame::new(RESPONSE, MORE, id).json(first).total(16))
        .await;
    raw.send(&Frame::new(RESPONSE, REST, id).json(rest)).await;
    assert_eq!(call.await.unwrap(), echo("whole"));
    client.empty().await;
}

#[tokio::test]
async fn error_ends_a_request_whose_answer_is_half_there() {
    let (client, mut raw) = client_and_raw(limits(|_| {})).await;
    let mut call = client.peer.call(echo("x"));
    assert!(poll_once(&mut call).await.is_none());
    let id = raw.receive().await.unwrap().id();
    raw.send(&Frame::new(RESPONSE, MORE, id).json("{").total(100))
        .await;
    raw.send(&Frame::new(ERROR, STATUS, id).payload(b"\0\x09no"))
        .await;
    assert_eq!(call.await.unwrap_err().code(), Code::Denied);
    raw.send(&Frame::new(RESPONSE, REST, id).json("}")).await;
    client.empty().await;
}

#[tokio::test]
async fn answer_that_does_not_add_up_ends_its_request() {
    let (client, mut raw) = client_and_raw(limits(|_| {})).await;
    for (total, flags) in [(1, 0), (3, 0), (1, MORE)] {
        let mut call = client.peer.call(echo("x"));
        assert!(poll_once(&mut call).await.is_none());
        let mut request = raw.receive().await.unwrap();
        if request.kind == CANCEL {
            request = raw.receive().await.unwrap();
        }
        assert_eq!(request.kind, REQUEST);
        let id = request.id();
        raw.send(&Frame::new(RESPONSE, MORE, id).json("{").total(total))
            .await;
        raw.send(&Frame::new(RESPONSE, REST | flags, id).json("}"))
            .await;
        assert_eq!(call.await.unwrap_err().code(), Code::BadRequest);
        client.empty().await;
    }
}

#[tokio::test]
async fn request_in_pieces_is_put_together() {
    let (end, mut raw) = server_and_raw(limits(|_| {})).await;
    let text = r#"{"text":"in pieces"}"#;
    let (a, b) = text.split_at(7);
    let rest = || Frame::new(REQUEST, FROM_REQUESTER | REST, (0, 1));
    let first = Frame::request((0, 1), ECHO, a)
        .flags(MORE)
        .total(text.len() as u64);
    raw.send(&first).await;
    is_served(&mut raw).await;
    raw.send(&first).await;
    raw.send(&rest().flags(MORE)).await;
    raw.send(&rest().payload(b.as_bytes())).await;
    assert_eq!(raw.receive().await.unwrap().text(), text);
    end.empty().await;
}

#[tokio::test]
async fn cancelled_request_forgets_its_pieces() {
    let (end, mut raw) = server_and_raw(limits(|_| {})).await;
    for generation in 1..20 {
        for slot in 0..4 {
            let piece = Frame::request((slot, generation), ECHO, "{")
                .flags(MORE)
                .total(100);
            raw.send(&piece).await;
        }
        for slot in 0..4 {
            raw.send(&Frame::new(CANCEL, FROM_REQUESTER, (slot, generation)))
                .await;
        }
    }
    is_served(&mut raw).await;
    end.empty().await;
}

#[tokio::test]
async fn more_messages_in_pieces_than_allowed_end_the_connection() {
    let (end, mut raw) = server_and_raw(limits(|_| {})).await;
    for slot in 0..5 {
        raw.send(&Frame::request((slot, 1), ECHO, "{").flags(MORE).total(100))
            .await;
    }
    assert_eq!(raw.goodbye().await.0.code(), Code::BadRequest);
    end.empty().await;
}

#[tokio::test(start_paused = true)]
async fn time_runs_from_the_first_piece() {
    let (end, mut raw) = server_and_raw(limits(|_| {})).await;
    let text = r#"{"bytes":1}"#;
    let (a, b) = text.split_at(4);
    let first = Frame::request((0, 1), Wait::INFO.id.0, a).flags(MORE);
    raw.send(&first.total(text.len() as u64).timeout(3_000))
        .await;
    let start = tokio::time::Instant::now();
    tokio::time::sleep(secs(2)).await;
    let rest = Frame::new(REQUEST, FROM_REQUESTER | REST, (0, 1));
    raw.send(&rest.payload(b.as_bytes())).await;
    assert_eq!(raw.receive().await.unwrap().status().code(), Code::Timeout);
    let waited = start.elapsed();
    assert!((secs(3)..secs(4)).contains(&waited), "{waited:?}");
    end.empty().await;
}

/// An answer may take as long as its request allows, also when it comes slowly.
#[tokio::test(start_paused = true)]
async fn slow_answer_is_taken_within_the_deadline_of_its_request() {
    let (client, mut raw) = client_and_raw(limits(|_| {})).await;
    let mut call = client.peer.call(echo("x")).timeout(secs(120));
    assert!(poll_once(&mut call).await.is_none());
    let id = raw.receive().await.unwrap().id();
    let (first, rest) = r#"{"text":"whole"}"#.split_at(5);
    raw.send(&Frame::new(RESPONSE, MORE, id).json(first).total(16))
        .await;
    for _ in 0..5 {
        tokio::time::sleep(secs(20)).await;
        raw.send(&Frame::new(super::raw::PONG, 0, (0, 0))).await;
    }
    raw.send(&Frame::new(RESPONSE, REST, id).json(rest)).await;
    assert_eq!(call.await.unwrap(), echo("whole"));
}
