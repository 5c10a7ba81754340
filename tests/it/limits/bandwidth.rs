//! How fast a connection is written to, and what passes a large message on its way.

use std::time::Duration;

use mitto::Limits;
use tokio::time::Instant;

use super::world::{BoundsClient, Raw, Repeat, Say, World, settle};

const RATE: u64 = 1_000_000;

fn large() -> Limits {
    Limits::default().message(48 << 20)
}

#[tokio::test(start_paused = true)]
async fn rate_is_kept_by_small_and_by_large_messages() {
    let world = World::of(large()).await;
    let client = world.client(large().bandwidth(RATE)).await;
    for (messages, bytes) in [(1, 4_000_000), (200, 20_000), (4_000, 900)] {
        let start = Instant::now();
        let before = client.peer().statistics().written;
        let calls = (0..messages).map(|_| {
            let peer = client.peer().clone();
            tokio::spawn(async move {
                peer.call(Say {
                    text: "x".repeat(bytes),
                })
                .await
                .unwrap()
            })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap();
        }
        let written = client.peer().statistics().written - before;
        let rate = written as f64 / start.elapsed().as_secs_f64();
        let expected = 0.95 * RATE as f64..1.05 * RATE as f64;
        assert!(expected.contains(&rate), "{messages} of {bytes}: {rate}");
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

/// How long requests took while a message of so many bytes was on its way there and back, the
/// slowest last.
async fn while_uploading(client: &BoundsClient, bytes: usize) -> Vec<Duration> {
    let peer = client.peer().clone();
    let text = "x".repeat(bytes);
    let upload = tokio::spawn(async move { peer.call(Say { text }).timeout(HOUR).await });
    let mut times = Vec::new();
    while !upload.is_finished() {
        let start = Instant::now();
        client.repeat(Repeat { bytes: 1 }).await.unwrap();
        times.push(start.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(upload.await.unwrap().unwrap().len(), bytes);
    times.sort_unstable();
    times
}

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test(start_paused = true)]
async fn small_messages_pass_a_large_one_at_a_limited_rate() {
    for rate in [100_000, RATE, 20 * RATE] {
        let world = World::of(large().bandwidth(rate).timeout_max(HOUR)).await;
        let client = world
            .client(large().bandwidth(rate).timeout_max(HOUR))
            .await;
        let bytes = usize::try_from(4 * rate).unwrap().min(40_000_000);
        let times = while_uploading(&client, bytes).await;
        let slowest = times.last().expect("some");
        assert!(*slowest < Duration::from_millis(50), "{rate}: {slowest:?}");
        assert!(times.len() > 20, "{rate}: {}", times.len());
    }
}

/// How long a request takes says little on a machine that does other things as well; how much of the
/// large message goes before it says all. The example `bandwidth` measures the time:
/// `cargo run --release -p mitto-examples --example bandwidth`.
#[tokio::test]
async fn requests_pass_40_megabytes_over_sockets() {
    const BYTES: usize = 40_000_000;
    for url in ["tcp://127.0.0.1:0", "ws://127.0.0.1:0"] {
        for bandwidth in [Some(80 * RATE), None] {
            let limits = || large().bandwidth(bandwidth).timeout_max(HOUR);
            let world = World::at(url, limits()).await;
            let client = world.client(limits()).await;
            let peer = client.peer().clone();
            let text = "x".repeat(BYTES);
            let upload = tokio::spawn(async move { peer.call(Say { text }).timeout(HOUR).await });
            let gone = || {
                let now = client.peer().statistics();
                now.read + now.written
            };
            let mut passed_by = Vec::new();
            while !upload.is_finished() {
                let before = gone();
                let repeat = client.repeat(Repeat { bytes: 1 });
                repeat.timeout(HOUR).await.unwrap();
                passed_by.push(gone() - before);
            }
            assert_eq!(upload.await.unwrap().unwrap().len(), BYTES);
            // What the system and the server's buffer hold in either direction goes before.
            let most = passed_by.iter().max().copied().unwrap_or_default();
            let place = format!("{url}, {bandwidth:?}, {} requests", passed_by.len());
            assert!(passed_by.len() > 1, "{place}");
            assert!(most < BYTES as u64, "{place}: {most} bytes");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_slowed_down_is_no_slow_consumer() {
    // More waits, and for longer, than any of the other limits would bear.
    let rate = 10_000;
    let limits = || Limits::default().bandwidth(rate).timeout_max(HOUR);
    let world = World::of(limits()).await;
    let client = world.client(limits()).await;
    let calls = (0..20).map(|_| {
        let client = client.clone();
        let call = async move { client.repeat(Repeat { bytes: 60_000 }).timeout(HOUR).await };
        tokio::spawn(call)
    });
    let calls: Vec<_> = calls.collect();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(client.peer().is_connected());
    let now = world.peer().statistics();
    assert!(now.outbound > 100_000, "{now:?}");
    assert!(now.written_rate.abs_diff(rate) < rate / 5, "{now:?}");
    let small = Instant::now();
    drop(calls);
    client.peer().close();
    client.peer().closed().await;
    assert!(small.elapsed() < Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn peer_is_read_while_the_answers_are_held_up() {
    let limits = Limits::default()
        .bandwidth(1_024)
        .message(1 << 16)
        .outbound(1 << 16);
    let world = World::of(limits).await;
    let mut raw = world.greeted().await;
    // What is more than the buffer takes is refused instead of left unread.
    for slot in 0..200 {
        raw.send(&Raw::request::<Repeat>(slot), br#"{"bytes":5000}"#)
            .await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    settle().await;
    let now = world.peer().statistics();
    assert_eq!(now.running, 0, "{now:?}");
    assert!(now.outbound < 4 << 16, "{now:?}");
}

#[tokio::test(start_paused = true)]
async fn statistics_tell_bytes_and_rates() {
    let world = World::of(Limits::default()).await;
    let client = world.client(Limits::default()).await;
    let bytes = 100_000;
    for _ in 0..20 {
        client.repeat(Repeat { bytes }).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (ours, theirs) = (client.peer().statistics(), world.peer().statistics());
    assert_eq!((ours.read, ours.written), (theirs.written, theirs.read));
    assert!((2_000_000..2_010_000).contains(&ours.read), "{ours:?}");
    assert!((900_000..1_100_000).contains(&ours.read_rate), "{ours:?}");
    assert!(
        (900_000..1_100_000).contains(&theirs.written_rate),
        "{theirs:?}"
    );
    tokio::time::sleep(Duration::from_secs(3)).await;
    let ours = client.peer().statistics();
    assert_eq!((ours.read_rate, ours.written_rate), (0, 0));
}
