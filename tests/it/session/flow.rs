//! What holds a peer back that sends more than it reads.

use mitto::limits::Limits;
use mitto::message::Message;
use mitto::status::Code;
use tokio::time::Instant;

use super::ends::{client_and_raw, echo, pair, secs, server_and_raw, settle};
use super::messages::{Echo, Note, Wait, Watch};
use super::raw::{CANCEL, FROM_REQUESTER, Frame, PING, PONG, REQUEST, RESPONSE};

const OUTBOUND: usize = 256 << 10;

fn small() -> Limits {
    Limits::default().outbound(OUTBOUND).message(OUTBOUND / 4)
}

/// Sends what `frames` makes, again and again, and reads nothing. Gives the most bytes that the other
/// end held, when it has given up.
async fn flood(mut frames: impl FnMut(u32) -> Vec<Frame>, released: usize) -> usize {
    let (end, mut raw) = server_and_raw(small()).await;
    let start = Instant::now();
    end.world.gate.add_permits(released);
    let mut most = 0;
    for round in 1..400 {
        raw.push(frames(round)).await;
        settle().await;
        most = most.max(end.peer.statistics().outbound);
        if end.task.is_finished() {
            break;
        }
    }
    end.peer.closed().await;
    let waited = start.elapsed();
    assert!((secs(10)..secs(12)).contains(&waited), "{waited:?}");
    end.empty().await;
    drop(raw);
    let why = end.ended().await;
    assert!(why.message().contains("does not read"), "{why}");
    most
}

#[tokio::test(start_paused = true)]
async fn peer_that_never_reads_its_answers_is_closed_and_bounded() {
    let text = format!(r#"{{"text":"{}"}}"#, "x".repeat(10_000));
    let most = flood(
        |round| {
            let request = |slot| Frame::request((slot, round), Echo::INFO.id.0, &text);
            (0..64).map(request).collect()
        },
        0,
    )
    .await;
    assert!(most < 2 * OUTBOUND, "{most}");
}

#[tokio::test(start_paused = true)]
async fn handlers_that_wait_are_held_back_too() {
    let most = flood(
        |round| {
            let wait = |slot| Frame::request((slot, round), Wait::INFO.id.0, r#"{"bytes":60000}"#);
            (0..64).map(wait).collect()
        },
        100_000,
    )
    .await;
    assert!(most < 2 * OUTBOUND, "{most}");
}

#[tokio::test(start_paused = true)]
async fn small_answers_to_a_peer_that_never_reads_are_bounded() {
    let most = flood(
        |round| {
            let ping = |_| Frame::new(PING, 0, (0, 0)).payload(&[0; 125]);
            let bad = |slot: u32| Frame::request((2_000 + slot, round), Echo::INFO.id.0, "");
            (0..500).map(ping).chain((0..500_u32).map(bad)).collect()
        },
        0,
    )
    .await;
    assert!(most < 3 * OUTBOUND, "{most}");
}

#[tokio::test(start_paused = true)]
async fn streams_to_a_peer_that_never_reads_are_bounded() {
    let most = flood(
        |round| {
            let watch = |slot| {
                let json = r#"{"items":1000,"bytes":9000}"#;
                Frame::request((slot, round), Watch::INFO.id.0, json)
            };
            match round {
                1 => (0..64).map(watch).collect(),
                _ => vec![],
            }
        },
        0,
    )
    .await;
    assert!(most < 2 * OUTBOUND, "{most}");
}

#[tokio::test(start_paused = true)]
async fn callers_wait_when_the_other_end_does_not_read() {
    let (client, mut raw) = client_and_raw(small()).await;
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let peer = client.peer.clone();
            tokio::spawn(async move {
                peer.call(Note { wait: false }).await.unwrap();
                peer.call(echo("x".repeat(20_000))).await
            })
        })
        .collect();
    settle().await;
    let now = client.peer.statistics();
    assert!(now.outbound < OUTBOUND, "{now:?}");
    assert!(now.waiting > 50, "{now:?}");
    let mut requests = 0;
    while requests < 100 {
        let frame = raw.receive().await.unwrap();
        if frame.kind == REQUEST {
            requests += 1;
            raw.send(&Frame::new(RESPONSE, 0, frame.id()).json(r#"{"text":""}"#))
                .await;
        }
    }
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), echo(""));
    }
    client.empty().await;
}

/// Both ends have more answers to write than the other takes, so that neither would read.
#[tokio::test(start_paused = true)]
async fn two_ends_that_flood_each_other_do_not_wait_for_each_other() {
    let (client, server) = pair(small()).await;
    let calls: Vec<_> = (0..400)
        .map(|n| {
            let ends = [&client.peer, &server.peer];
            let peer = ends[n % 2].clone();
            tokio::spawn(async move { peer.call(Wait { bytes: 60_000 }).await })
        })
        .collect();
    settle().await;
    client.world.gate.add_permits(200);
    server.world.gate.add_permits(200);
    for call in calls {
        match call.await.unwrap() {
            Ok(answer) => assert_eq!(answer.len(), 60_000),
            Err(status) => assert_eq!(status.code(), Code::Busy, "{status}"),
        }
    }
    assert!(client.peer.is_connected() && server.peer.is_connected());
    client.empty().await;
    server.empty().await;
}

#[tokio::test(start_paused = true)]
async fn slow_reader_that_still_reads_is_kept() {
    let (end, mut raw) = server_and_raw(small()).await;
    let wait =
        |slot| Frame::request((slot, 1), Wait::INFO.id.0, r#"{"bytes":60000}"#).timeout(600_000);
    raw.push((0..20).map(wait)).await;
    settle().await;
    end.world.gate.add_permits(20);
    let mut most = 0;
    for _ in 0..20 {
        tokio::time::sleep(secs(1)).await;
        most = most.max(end.peer.statistics().outbound);
        assert_eq!(raw.receive().await.unwrap().kind, RESPONSE);
        raw.send(&Frame::new(PONG, 0, (0, 0))).await;
    }
    assert!(most > 100_000, "{most}");
    raw.send(&Frame::new(CANCEL, FROM_REQUESTER, (0, 1))).await;
    end.empty().await;
}
