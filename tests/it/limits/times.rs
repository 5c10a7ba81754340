//! How long something may take.

use std::time::Duration;

use mitto::Limits;

use super::world::{Nap, Raw, Say, Watch, World, client_of_raw, fine_or, outcome, settle};
use super::{At, FINE, Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(Handshake, say_hello, [FINE, FINE, "closed 1002"]),
        row!(Silence, say_nothing, [FINE, "closed", "closed"]),
        row!(WriteStall, read_nothing, [FINE, "closed", "closed"]),
        row!(StreamIdle, idle_at_both_ends, [FINE, "Timeout", "Timeout"]),
        row!(StreamIdle, idle_at_the_server, [FINE, "Timeout", "Timeout"]),
        row!(StreamIdle, idle_at_the_client, [FINE, "Timeout", "Timeout"]),
        row!(StreamIdle, idle_in_process, [FINE, "Timeout", "Timeout"]),
        row!(Drain, nap_at_shutdown, [FINE, FINE, "ConnectionLost"]),
    ]
}

const TIME: Duration = Duration::from_secs(5);

async fn say_hello(at: At) -> String {
    let world = World::of(Limits::default().handshake(TIME)).await;
    let mut raw = world.raw().await;
    tokio::time::sleep(at.time(TIME)).await;
    let hello = mitto::envelope::Head::new(
        mitto::envelope::Kind::Hello,
        mitto::envelope::CorrelationId::NONE,
    );
    raw.send(&hello, &[]).await;
    raw.send(&Raw::request::<Say>(0), br#"{"text":""}"#).await;
    raw.outcome().await
}

async fn say_nothing(at: At) -> String {
    let limits = Limits::default().ping(TIME / 2).silence(TIME);
    let world = World::of(limits).await;
    let _raw = world.greeted().await;
    settle().await;
    tokio::time::sleep(at.time(TIME)).await;
    settle().await;
    fine_or(
        "closed",
        world.server.peers().is_empty() || !is_open(&world),
    )
}

fn is_open(world: &World) -> bool {
    world.peer().is_connected()
}

/// More than goes into the connection, to one who does not read.
async fn read_nothing(at: At) -> String {
    let limits = Limits::default().write_stall(TIME);
    let (client, _raw) = client_of_raw(limits, 1_000).await;
    let text = "x".repeat(10_000);
    let call = client.peer().call(Say { text });
    let sent = tokio::time::timeout(at.time(TIME), call).await;
    settle().await;
    let closed = sent.is_ok() || !client.peer().is_connected();
    fine_or("closed", closed)
}

async fn idle_at_both_ends(at: At) -> String {
    let limits = || Limits::default().stream_idle(TIME);
    idle(limits(), limits(), at).await
}

async fn idle_at_the_server(at: At) -> String {
    idle(Limits::default().stream_idle(TIME), Limits::default(), at).await
}

async fn idle_at_the_client(at: At) -> String {
    idle(Limits::default(), Limits::default().stream_idle(TIME), at).await
}

/// A stream of which one item comes; the handler is gone when the reader has given up.
async fn idle(server: Limits, client: Limits, at: At) -> String {
    let world = World::of(server).await;
    let client = world.client(client).await;
    let mut stream = client.watch(Watch {}).await.unwrap();
    stream.next().await.unwrap().unwrap();
    let next = tokio::time::timeout(at.time(TIME), stream.next()).await;
    settle().await;
    let next = match next {
        Ok(next) => Some(next),
        Err(_) => tokio::time::timeout(Duration::ZERO, stream.next())
            .await
            .ok(),
    };
    let open = world.open_streams();
    match next {
        Some(next) => {
            assert_eq!(open, 0);
            outcome(next.expect("a reason"))
        }
        None => {
            assert_eq!(open, 1);
            FINE.into()
        }
    }
}

async fn idle_in_process(at: At) -> String {
    let client = super::world::local(Limits::default().stream_idle(TIME));
    let mut stream = client.watch(Watch {}).await.unwrap();
    stream.next().await.unwrap().unwrap();
    let _ = tokio::time::timeout(at.time(TIME), std::future::pending::<()>()).await;
    match tokio::time::timeout(Duration::ZERO, stream.next()).await {
        Ok(next) => outcome(next.expect("a reason")),
        Err(_) => FINE.into(),
    }
}

async fn nap_at_shutdown(at: At) -> String {
    // Between two steps: what ends at the very moment may be cut short or not.
    let world = World::of(Limits::default().drain(2 * TIME + Duration::from_millis(1))).await;
    let client = world.client(Limits::default()).await;
    let millis = u64::try_from(2 * at.time(TIME).as_millis()).unwrap();
    let nap = tokio::spawn(async move { client.nap(Nap { millis }).await });
    settle().await;
    world.server.shutdown().await;
    outcome(nap.await.unwrap())
}
