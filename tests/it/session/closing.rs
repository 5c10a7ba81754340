//! How connections end, and what becomes of what runs.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use mitto::status::Code;
use tokio::time::Instant;

use super::ends::{client_and_raw, echo, limits, pair, poll_once, secs, settle};
use super::messages::{Note, Wait, Watch};
use super::raw::{Frame, GOODBYE, REQUEST, RESPONSE};

#[tokio::test(start_paused = true)]
async fn lost_connection_drops_every_handler_and_fails_every_call() {
    let (client, server) = pair(limits(|_| {})).await;
    let calls: Vec<_> = (0..128)
        .map(|_| {
            let peer = client.peer.clone();
            tokio::spawn(async move { peer.call(Wait { bytes: 1 }).await })
        })
        .collect();
    settle().await;
    assert_eq!(server.world.alive(), 128);
    client.task.abort();
    let start = Instant::now();
    server.empty().await;
    assert!(start.elapsed() < Duration::from_millis(100));
    for call in calls {
        assert_eq!(
            call.await.unwrap().unwrap_err().code(),
            Code::ConnectionLost
        );
    }
    server.peer.closed().await;
    assert_eq!(server.ended().await.code(), Code::ConnectionLost);
}

#[tokio::test]
async fn dropped_session_fails_its_calls_and_drops_its_handlers() {
    let (client, server) = pair(limits(|_| {})).await;
    let peer = client.peer.clone();
    let call = tokio::spawn(async move { peer.call(Wait { bytes: 1 }).await });
    settle().await;
    server.task.abort();
    assert_eq!(
        call.await.unwrap().unwrap_err().code(),
        Code::ConnectionLost
    );
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.world.alive(), 0);
    assert_eq!(server.config.running.load(SeqCst), 0);
    let refused = server.peer.call(echo("x")).await.unwrap_err();
    assert_eq!(refused.code(), Code::ConnectionLost);
}

#[tokio::test]
async fn close_fails_what_waits_at_once() {
    let (client, server) = pair(limits(|limits| limits.in_flight = 1)).await;
    let mut sent = client.peer.call(Wait { bytes: 1 });
    assert!(poll_once(&mut sent).await.is_none());
    let mut waiting = client.peer.call(echo("x"));
    assert!(poll_once(&mut waiting).await.is_none());
    client.peer.close();
    assert!(!client.peer.is_connected());
    let (sent, waiting) = tokio::join!(sent, waiting);
    assert_eq!(sent.unwrap_err().code(), Code::ConnectionLost);
    assert_eq!(waiting.unwrap_err().code(), Code::ConnectionLost);
    client.peer.closed().await;
    client.empty().await;
    server.empty().await;
    assert_eq!(server.ended().await.code(), Code::ConnectionLost);
}

#[tokio::test]
async fn drain_lets_both_directions_finish() {
    let (client, server) = pair(limits(|_| {})).await;
    let there = tokio::spawn({
        let peer = client.peer.clone();
        async move { peer.call(Wait { bytes: 1 }).await }
    });
    let back = tokio::spawn({
        let peer = server.peer.clone();
        async move { peer.call(Wait { bytes: 2 }).await }
    });
    settle().await;
    server.peer.drain();
    settle().await;
    let refused = server.peer.call(echo("x")).await.unwrap_err();
    assert_eq!(refused.code(), Code::ConnectionLost);
    let refused = client.peer.call(echo("x")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    server.world.gate.add_permits(1);
    assert_eq!(there.await.unwrap().unwrap(), "x");
    assert!(!server.task.is_finished());
    client.world.gate.add_permits(1);
    assert_eq!(back.await.unwrap().unwrap(), "xx");
    assert_eq!(server.ended().await.code(), Code::ConnectionLost);
    assert_eq!(client.ended().await.code(), Code::ConnectionLost);
}

#[tokio::test(start_paused = true)]
async fn drain_ends_at_its_limit() {
    let (client, server) = pair(limits(|limits| limits.timeout = secs(300))).await;
    let peer = client.peer.clone();
    let call = tokio::spawn(async move { peer.call(Wait { bytes: 1 }).await });
    settle().await;
    let start = Instant::now();
    server.peer.drain();
    assert_eq!(
        call.await.unwrap().unwrap_err().code(),
        Code::ConnectionLost
    );
    let waited = start.elapsed();
    assert!((secs(25)..secs(28)).contains(&waited), "{waited:?}");
    server.empty().await;
}

#[tokio::test]
async fn drain_waits_for_the_handlers_of_notifications() {
    let (client, server) = pair(limits(|_| {})).await;
    client.peer.call(Note { wait: true }).await.unwrap();
    settle().await;
    server.peer.drain();
    settle().await;
    assert!(!server.task.is_finished());
    server.world.gate.add_permits(1);
    server.peer.closed().await;
    server.empty().await;
}

#[tokio::test]
async fn drain_lets_a_stream_end() {
    let (client, server) = pair(limits(|limits| limits.stream_window = 4 << 10)).await;
    let watch = Watch {
        items: 100,
        bytes: 10,
    };
    let mut items = client.peer.call(watch).await.unwrap();
    assert_eq!(items.next().await.unwrap().unwrap().n, 0);
    server.peer.drain();
    for n in 1..100 {
        assert_eq!(items.next().await.unwrap().unwrap().n, n);
    }
    assert!(items.next().await.is_none());
    server.peer.closed().await;
}

#[tokio::test]
async fn owner_closes_the_connection_when_its_last_clone_goes() {
    let (client, server) = pair(limits(|_| {})).await;
    let owner = client.peer.clone().into_owner();
    let clone = owner.clone();
    drop(owner);
    assert_eq!(clone.call(echo("x")).await.unwrap(), echo("x"));
    drop(clone);
    client.peer.closed().await;
    server.peer.closed().await;
}

#[tokio::test(start_paused = true)]
async fn goodbye_of_the_other_end_refuses_new_calls_and_wakes_those_that_wait() {
    let (client, mut raw) = client_and_raw(limits(|limits| limits.in_flight = 1)).await;
    let mut sent = client.peer.call(echo("sent"));
    assert!(poll_once(&mut sent).await.is_none());
    let request = raw.receive().await.unwrap();
    assert_eq!(request.kind, REQUEST);
    let peer = client.peer.clone();
    let waiting = tokio::spawn(async move { peer.call(echo("waiting")).await });
    settle().await;
    raw.send(&Frame::new(GOODBYE, 0, (0, 0)).payload(b"\0\x0Bshutting down"))
        .await;
    let refused = waiting.await.unwrap().unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert!(refused.message().contains("shutting down"), "{refused}");
    raw.send(&Frame::new(RESPONSE, 0, request.id()).json(r#"{"text":"sent"}"#))
        .await;
    assert_eq!(sent.await.unwrap(), echo("sent"));
    let start = Instant::now();
    client.peer.closed().await;
    assert!((secs(25)..secs(26)).contains(&start.elapsed()));
    assert_eq!(raw.receive().await.unwrap().kind, super::raw::PING);
    assert_eq!(raw.receive().await, None);
    assert_eq!(raw.close_code(), 1001);
    drop(raw);
    client.ended().await;
}

/// The last answers and the end may come in one read.
#[tokio::test]
async fn answer_right_before_the_end_is_taken() {
    let (client, mut raw) = client_and_raw(limits(|_| {})).await;
    let peer = client.peer.clone();
    let call = tokio::spawn(async move { peer.call(echo("x")).await });
    let id = raw.receive().await.unwrap().id();
    raw.push([Frame::new(RESPONSE, 0, id).json(r#"{"text":"x"}"#)])
        .await;
    raw.close().await;
    drop(raw);
    assert_eq!(call.await.unwrap().unwrap(), echo("x"));
}

#[tokio::test]
async fn empty_goodbye_is_one() {
    let (client, mut raw) = client_and_raw(limits(|_| {})).await;
    raw.send(&Frame::new(GOODBYE, 0, (0, 0))).await;
    settle().await;
    assert!(!client.peer.is_connected());
    raw.close().await;
    assert_eq!(client.ended().await.code(), Code::ConnectionLost);
}

#[tokio::test(start_paused = true)]
async fn silent_peer_is_pinged_then_given_up() {
    let (client, mut raw) = client_and_raw(limits(|_| {})).await;
    let start = Instant::now();
    assert_eq!(raw.receive().await.unwrap().kind, super::raw::PING);
    let waited = start.elapsed();
    assert!((secs(25)..secs(26)).contains(&waited), "{waited:?}");
    client.peer.closed().await;
    let waited = start.elapsed();
    assert!((secs(45)..secs(46)).contains(&waited), "{waited:?}");
    drop(raw);
    assert!(client.ended().await.message().contains("silent"));
}
