//! Where senders wait.

use mitto::Limits;

use super::world::{BoundsClient, Nap, Tell, World, client_of_raw, fine_or, settle};
use super::{At, FINE, Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(InFlight, call, [FINE, FINE, "waits"]),
        row!(Outbound, fill_the_buffer, [FINE, "waits", "waits"]),
        row!(Bandwidth, send_at_once, [FINE, FINE, "waits"]),
    ]
}

async fn call(at: At) -> String {
    const SOME: usize = 3;
    let world = World::of(Limits::default()).await;
    let client = world.client(Limits::default().in_flight(SOME)).await;
    let calls = (0..at.of(SOME)).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.nap(Nap { millis: 100 }).await })
    });
    let calls: Vec<_> = calls.collect();
    settle().await;
    let waiting = client.peer().statistics().waiting;
    for call in calls {
        call.await.unwrap().unwrap();
    }
    fine_or("waits", waiting == 1)
}

/// Callers leave half of the buffer to answers. One who finds the half taken waits.
async fn fill_the_buffer(at: At) -> String {
    const HALF: usize = 8_000;
    let limits = Limits::default().outbound(2 * HALF).message(4_000);
    let (client, _raw) = client_of_raw(limits, 1_000).await;
    // The first one is more than the connection takes, and shows what goes around a text.
    tell(&client, 3_000).await;
    settle().await;
    let around = waiting(&client) - 3_000;
    let missing = at.of(HALF) - waiting(&client) - 2 * around;
    tell(&client, missing / 2).await;
    tell(&client, missing - missing / 2).await;
    assert_eq!(waiting(&client), at.of(HALF));
    let another = client.clone();
    tokio::spawn(async move { tell(&another, 1).await });
    settle().await;
    fine_or("waits", client.peer().statistics().waiting == 1)
}

/// A 40th of a second's worth may be written at once.
async fn send_at_once(at: At) -> String {
    const AT_ONCE: usize = 4;
    const SIZE: usize = 1_000;
    let world = World::of(Limits::default()).await;
    let rate = (40 * AT_ONCE * SIZE) as u64;
    let client = world.client(Limits::default().bandwidth(rate)).await;
    let before = client.peer().statistics().written;
    tell(&client, SIZE).await;
    settle().await;
    let size = client.peer().statistics().written - before;
    let around = usize::try_from(size).unwrap() - SIZE;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    for _ in 0..at.of(AT_ONCE) {
        tell(&client, SIZE - around).await;
    }
    settle().await;
    let left = waiting(&client);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(waiting(&client), 0);
    fine_or("waits", left > 0)
}

async fn tell(client: &BoundsClient, bytes: usize) {
    let text = "x".repeat(bytes);
    let call = client.peer().call(Tell { text });
    call.format(mitto::Format::JSON).await.unwrap();
}

fn waiting(client: &BoundsClient) -> usize {
    client.peer().statistics().outbound
}
