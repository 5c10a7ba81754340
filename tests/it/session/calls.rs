//! Calls between two sessions: outcomes, deadlines, cancellation.

use std::time::Duration;

use mitto::codec::Format;
use mitto::message::Message;
use mitto::status::{CallError, Code};
use tokio::time::Instant;

use super::ends::{client_and_raw, echo, limits, pair, pair_of, poll_once, quiet, secs, settle};
use super::messages::{Bad, Echo, Fail, How, Note, Oops, Unsendable, Wait, Work};
use super::raw::{CANCEL, Frame, REQUEST, RESPONSE};

#[tokio::test]
async fn both_ends_call_each_other() {
    let (client, server) = pair(limits(|_| {})).await;
    for format in [Format::JSON, Format::MESSAGE_PACK] {
        for peer in [&client.peer, &server.peer] {
            let answer = peer.call(echo("hi")).format(format).await;
            assert_eq!(answer.unwrap(), echo("hi"));
        }
    }
    client.empty().await;
    server.empty().await;
}

#[tokio::test]
async fn dropped_call_drops_its_handler_and_frees_both_slots() {
    let (client, server) = pair(limits(|_| {})).await;
    for _ in 0..3 {
        let mut call = client.peer.call(Wait { bytes: 1 });
        assert!(poll_once(&mut call).await.is_none());
        settle().await;
        assert_eq!(server.world.alive(), 1);
        assert_eq!(client.peer.statistics().in_flight, 1);
        drop(call);
        client.empty().await;
        server.empty().await;
    }
    drop(client.peer.call(Wait { bytes: 1 }));
    assert_eq!(
        client.peer.call(echo("after")).await.unwrap(),
        echo("after")
    );
}

#[tokio::test]
async fn call_dropped_with_its_answer_there_sends_no_cancel() {
    let (client, mut raw) = client_and_raw(limits(|_| {})).await;
    let mut call = client.peer.call(echo("x"));
    assert!(poll_once(&mut call).await.is_none());
    let request = raw.receive().await.unwrap();
    assert_eq!((request.kind, request.message), (REQUEST, Echo::INFO.id.0));
    raw.send(&Frame::new(RESPONSE, 0, request.id()).json(r#"{"text":"x"}"#))
        .await;
    settle().await;
    drop(call);
    client.empty().await;
    let mut call = client.peer.call(echo("y"));
    assert!(poll_once(&mut call).await.is_none());
    assert_eq!(raw.receive().await.unwrap().kind, REQUEST);
}

#[tokio::test(start_paused = true)]
async fn deadline_holds_at_the_caller() {
    let (client, mut raw) = client_and_raw(limits(|_| {})).await;
    let start = Instant::now();
    let error = client
        .peer
        .call(echo("x"))
        .timeout(secs(3))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::Timeout);
    let waited = start.elapsed();
    assert!((secs(3)..secs(4)).contains(&waited), "{waited:?}");
    assert_eq!(raw.receive().await.unwrap().kind, REQUEST);
    assert_eq!(raw.receive().await.unwrap().kind, CANCEL);
    client.empty().await;
}

#[tokio::test(start_paused = true)]
async fn deadline_holds_at_the_handler() {
    let (end, mut raw) = super::ends::server_and_raw(limits(|_| {})).await;
    let request = Frame::request((0, 1), Wait::INFO.id.0, r#"{"bytes":1}"#);
    raw.send(&request.timeout(2_000)).await;
    let start = Instant::now();
    assert_eq!(raw.receive().await.unwrap().status().code(), Code::Timeout);
    let waited = start.elapsed();
    assert!((secs(2)..secs(3)).contains(&waited), "{waited:?}");
    end.empty().await;
}

#[tokio::test(start_paused = true)]
async fn progress_gives_a_new_timeout_up_to_the_maximum() {
    let (client, server) = pair(limits(|limits| limits.timeout_max = secs(20))).await;
    let start = Instant::now();
    let reports = async {
        loop {
            tokio::time::sleep(secs(3)).await;
            server.world.gate.add_permits(1);
        }
    };
    let error = tokio::select! {
        outcome = client.peer.call(Work {}).timeout(secs(5)) => outcome.unwrap_err(),
        () = reports => unreachable!(),
    };
    assert_eq!(error.code(), Code::Timeout);
    let waited = start.elapsed();
    assert!((secs(20)..secs(21)).contains(&waited), "{waited:?}");
    client.empty().await;
    server.empty().await;
}

#[tokio::test(start_paused = true)]
async fn endless_limits_are_taken() {
    let endless = limits(|limits| {
        limits.timeout = Duration::MAX;
        limits.timeout_max = Duration::MAX;
        limits.ping = Duration::MAX;
        limits.silence = Duration::MAX;
        limits.write_stall = Duration::MAX;
        limits.drain = Duration::MAX;
        limits.in_flight = 1;
    });
    let (client, server) = pair(endless).await;
    let wait = || client.peer.call(Wait { bytes: 1 }).timeout(Duration::MAX);
    let open = async {
        settle().await;
        server.world.gate.add_permits(2);
    };
    let (first, second, ()) = tokio::join!(wait(), wait(), open);
    assert_eq!((first.unwrap().len(), second.unwrap().len()), (1, 1));
    client.peer.drain();
    client.peer.closed().await;
}

#[tokio::test]
async fn handlers_errors_reach_the_caller_as_they_are() {
    let (client, server) = pair(limits(|_| {})).await;
    let fail = |how| client.peer.call(Fail { how });
    assert_eq!(fail(How::Error).await, Err(CallError::Handler(Oops(7))));
    for (how, code) in [
        (How::Denied, Code::Denied),
        (How::Panic, Code::Internal),
        (How::PanicWaiting, Code::Internal),
        (How::NoAnswer, Code::Internal),
        (How::UnableToSerialize, Code::Internal),
        (How::PanicInSerialize, Code::Internal),
        (How::TooLarge, Code::TooLarge),
    ] {
        let Err(CallError::Status(status)) = fail(how).await else {
            panic!("{how:?} is a status");
        };
        assert_eq!(status.code(), code, "{how:?}: {status}");
        assert_eq!(
            client.peer.call(echo("after")).await.unwrap(),
            echo("after")
        );
    }
    client.empty().await;
    server.empty().await;
}

#[tokio::test]
async fn panic_in_the_drop_of_a_cancelled_handler_harms_nobody() {
    let (client, server) = pair(limits(|_| {})).await;
    let mut call = client.peer.call(Fail {
        how: How::PanicInDrop,
    });
    assert!(poll_once(&mut call).await.is_none());
    settle().await;
    drop(call);
    assert_eq!(
        client.peer.call(echo("after")).await.unwrap(),
        echo("after")
    );
    server.empty().await;
}

#[tokio::test]
async fn message_that_cannot_be_sent_ends_its_own_call_only() {
    let (client, server) = pair(limits(|_| {})).await;
    let large = client
        .peer
        .call(echo("x".repeat(2 << 20)))
        .await
        .unwrap_err();
    assert_eq!(large.code(), Code::TooLarge);
    let unable = Unsendable(Bad(Some(How::UnableToSerialize)));
    let unable = client.peer.call(unable).await.unwrap_err();
    assert_eq!(unable.code(), Code::BadRequest);
    let format = client
        .peer
        .call(echo("x"))
        .format(Format::custom(200))
        .await;
    assert_eq!(format.unwrap_err().code(), Code::UnsupportedFormat);
    let many = (0..33).fold(client.peer.call(echo("x")), |call, n| {
        call.metadata(format!("k{n}"), "v")
    });
    assert_eq!(many.await.unwrap_err().code(), Code::BadRequest);
    let panics = quiet(|| {
        let mut call = client
            .peer
            .call(Unsendable(Bad(Some(How::PanicInSerialize))));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let _ = std::pin::Pin::new(&mut call).poll(&mut cx);
    });
    assert!(panics.is_err());
    assert_eq!(
        client.peer.call(echo("after")).await.unwrap(),
        echo("after")
    );
    client.empty().await;
    server.empty().await;
}

#[tokio::test]
async fn limit_of_the_other_end_counts() {
    let small = limits(|limits| limits.message = 1_000);
    let (client, server) = pair_of(limits(|_| {}), small).await;
    for peer in [&client.peer, &server.peer] {
        let large = peer.call(echo("x".repeat(1_001))).await.unwrap_err();
        assert_eq!(large.code(), Code::TooLarge);
        assert_eq!(peer.call(echo("after")).await.unwrap(), echo("after"));
    }
}

#[tokio::test]
async fn callers_beyond_the_in_flight_limit_wait_in_turn() {
    let (client, server) = pair(limits(|limits| limits.in_flight = 2)).await;
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let peer = client.peer.clone();
            tokio::spawn(async move { peer.call(Wait { bytes: 3 }).await })
        })
        .collect();
    settle().await;
    let now = client.peer.statistics();
    assert_eq!((now.in_flight, now.waiting), (2, 18));
    assert_eq!(server.world.alive(), 2);
    server.world.gate.add_permits(20);
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), "xxx");
    }
    client.empty().await;
    server.empty().await;
}

#[tokio::test(start_paused = true)]
async fn caller_that_waits_too_long_for_room_times_out() {
    let (client, server) = pair(limits(|limits| limits.in_flight = 1)).await;
    let mut first = client.peer.call(Wait { bytes: 1 });
    assert!(poll_once(&mut first).await.is_none());
    let start = Instant::now();
    let error = client
        .peer
        .call(echo("x"))
        .timeout(secs(2))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::Timeout);
    let waited = start.elapsed();
    assert!((secs(2)..secs(3)).contains(&waited), "{waited:?}");
    server.world.gate.add_permits(1);
    assert_eq!(first.await.unwrap(), "x");
    client.empty().await;
}

/// A call that nobody polls must not hold up those behind it, nor keep the connection busy.
#[tokio::test(start_paused = true)]
async fn waiting_call_that_nobody_polls_loses_its_place() {
    let (client, server) = pair(limits(|limits| limits.in_flight = 1)).await;
    let mut first = client.peer.call(Wait { bytes: 1 });
    assert!(poll_once(&mut first).await.is_none());
    let mut idle = client.peer.call(echo("idle")).timeout(secs(1));
    assert!(poll_once(&mut idle).await.is_none());
    let behind = async {
        let answer = client.peer.call(echo("behind")).timeout(secs(20)).await;
        assert_eq!(answer.unwrap(), echo("behind"));
    };
    let open = async {
        tokio::time::sleep(secs(5)).await;
        server.world.gate.add_permits(1);
        first.await.unwrap();
    };
    tokio::join!(behind, open);
    assert_eq!(idle.await.unwrap_err().code(), Code::Timeout);
    client.empty().await;
}

#[tokio::test]
async fn call_that_fails_to_encode_passes_its_place_on() {
    let (client, server) = pair(limits(|limits| limits.in_flight = 1)).await;
    let first = client.peer.call(Wait { bytes: 1 });
    let bad = client
        .peer
        .call(Unsendable(Bad(Some(How::UnableToSerialize))));
    let behind = client.peer.call(echo("behind"));
    let open = async {
        settle().await;
        server.world.gate.add_permits(1);
    };
    let (first, bad, behind, ()) = tokio::join!(first, bad, behind, open);
    assert_eq!(first.unwrap(), "x");
    assert_eq!(bad.unwrap_err().code(), Code::BadRequest);
    assert_eq!(behind.unwrap(), echo("behind"));
    client.empty().await;
}

#[tokio::test]
async fn notifications_arrive() {
    let (client, server) = pair(limits(|_| {})).await;
    for _ in 0..100 {
        client.peer.call(Note { wait: false }).await.unwrap();
    }
    client.peer.call(echo("behind them")).await.unwrap();
    let notes = server.world.notes.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(notes, 100);
}

/// The deadline of a call that starts while the session's task is at work must be kept, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn short_deadlines_are_kept_under_load() {
    // Nothing else makes the tasks look at the clock: a deadline that they miss never passes.
    let (client, _server) = pair(limits(|limits| {
        limits.ping = Duration::MAX;
        limits.silence = Duration::MAX;
    }))
    .await;
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let peer = client.peer.clone();
            tokio::spawn(async move {
                let late = peer
                    .call(Wait { bytes: 1 })
                    .timeout(Duration::from_millis(50));
                assert_eq!(late.await.unwrap_err().code(), Code::Timeout);
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    client.empty().await;
}
