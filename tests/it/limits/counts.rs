//! How many there may be.

use mitto::envelope::Head;
use mitto::{Limits, Topics};

use super::world::{Hear, Nap, Raw, Say, World, fine_or, outcome, settle};
use super::{At, FINE, Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(Connections, connect, [FINE, FINE, "refused"]),
        row!(InFlight, use_a_slot, [FINE, FINE, "BadRequest"]),
        row!(
            InFlightLink,
            use_a_slot_of_a_link,
            [FINE, FINE, "BadRequest"]
        ),
        row!(InFlight, run_on_after_the_answers, [FINE, FINE, "dropped"]),
        row!(InFlightProcess, request, [FINE, FINE, "Busy"]),
        row!(InFlightProcess, notify, [FINE, FINE, "dropped"]),
        row!(InFlightProcess, request_in_process, [FINE, FINE, "Busy"]),
        row!(InFlightProcess, notify_in_process, [FINE, FINE, "Busy"]),
        row!(Pieces, begin_large_messages, [FINE, FINE, "closed 1002"]),
        row!(Topics, subscribe_one_peer, [FINE, FINE, "Busy"]),
        row!(Subscribers, subscribe_to_one_topic, [FINE, FINE, "Busy"]),
        row!(Hops, come_a_long_way, [FINE, FINE, "LoopDetected"]),
    ]
}

const SOME: usize = 3;
const LONG: u64 = 20_000;

async fn connect(at: At) -> String {
    let world = World::of(Limits::default().connections(SOME)).await;
    let mut clients = Vec::new();
    for _ in 0..at.of(SOME) {
        match world.try_client(Limits::default()).await {
            Ok(client) => clients.push(client),
            Err(error) => {
                assert!(error.contains("takes no more connections"), "{error}");
                return "refused".into();
            }
        }
    }
    FINE.into()
}

/// The slots of `n` requests are 0 to `n` - 1.
async fn use_a_slot(at: At) -> String {
    slot(World::of(Limits::default().in_flight(SOME)).await, at).await
}

async fn use_a_slot_of_a_link(at: At) -> String {
    let limits = Limits::default().in_flight(1).in_flight_link(SOME);
    slot(World::of_links(limits).await, at).await
}

async fn slot(world: World, at: At) -> String {
    let mut raw = world.greeted().await;
    let slot = u32::try_from(at.of(SOME)).unwrap() - 1;
    raw.send(&Raw::request::<Say>(slot), br#"{"text":""}"#)
        .await;
    raw.outcome().await
}

/// Twice as many handlers as requests: those of notifications have no slots.
async fn run_on_after_the_answers(at: At) -> String {
    let world = World::of(Limits::default().in_flight(SOME)).await;
    let client = world.client(Limits::default()).await;
    for _ in 0..at.of(2 * SOME) {
        client.hear(Hear { millis: LONG }).await.unwrap();
    }
    settle().await;
    fine_or("dropped", world.peer().statistics().ignored == 1)
}

async fn request(at: At) -> String {
    let world = World::of(Limits::default().in_flight_process(SOME)).await;
    let mut clients = Vec::new();
    for _ in 1..at.of(SOME) {
        let client = world.client(Limits::default()).await;
        let another = client.clone();
        tokio::spawn(async move { another.nap(Nap { millis: LONG }).await });
        settle().await;
        clients.push(client);
    }
    let client = world.client(Limits::default()).await;
    outcome(client.nap(Nap { millis: 1 }).await)
}

async fn notify(at: At) -> String {
    let world = World::of(Limits::default().in_flight_process(SOME)).await;
    let client = world.client(Limits::default()).await;
    for _ in 0..at.of(SOME) {
        client.hear(Hear { millis: LONG }).await.unwrap();
    }
    settle().await;
    let ignored = world.peer().statistics().ignored;
    // What has ended counts no more.
    tokio::time::sleep(std::time::Duration::from_millis(2 * LONG)).await;
    assert_eq!(world.server.running(), 0);
    client.hear(Hear { millis: 1 }).await.unwrap();
    settle().await;
    assert_eq!(world.server.running(), 1);
    assert_eq!(world.peer().statistics().ignored, ignored);
    fine_or("dropped", ignored == 1)
}

async fn request_in_process(at: At) -> String {
    let client = super::world::local(Limits::default().in_flight_process(SOME));
    for _ in 1..at.of(SOME) {
        let another = client.clone();
        tokio::spawn(async move { another.nap(Nap { millis: LONG }).await });
    }
    settle().await;
    outcome(client.nap(Nap { millis: 1 }).await)
}

async fn notify_in_process(at: At) -> String {
    let client = super::world::local(Limits::default().in_flight_process(SOME));
    for _ in 1..at.of(SOME) {
        client.hear(Hear { millis: LONG }).await.unwrap();
    }
    outcome(client.hear(Hear { millis: 1 }).await)
}

async fn begin_large_messages(at: At) -> String {
    let world = World::of(Limits::default().pieces(SOME)).await;
    let mut raw = world.greeted().await;
    for slot in 0..u32::try_from(at.of(SOME)).unwrap() {
        let first = Head {
            more: true,
            total: Some(100_000),
            ..Raw::request::<Say>(slot)
        };
        raw.send(&first, b"{").await;
    }
    raw.send(&Raw::request::<Say>(100), br#"{"text":""}"#).await;
    raw.outcome().await
}

async fn subscribe_one_peer(at: At) -> String {
    let topics = Topics::with_limits(Limits::default().topics(SOME));
    let client = super::world::local(Limits::default());
    for n in 1..at.of(SOME) {
        let subscribed = topics.subscribe(client.peer(), n.to_string()).await;
        subscribed.expect("it may");
    }
    outcome(topics.subscribe(client.peer(), "one more").await)
}

async fn subscribe_to_one_topic(at: At) -> String {
    let topics = Topics::with_limits(Limits::default().subscribers(SOME));
    let clients = (0..at.of(SOME)).map(|_| super::world::local(Limits::default()));
    let clients: Vec<_> = clients.collect();
    for client in &clients[1..] {
        topics
            .subscribe(client.peer(), "all")
            .await
            .expect("it may");
    }
    outcome(topics.subscribe(clients[0].peer(), "all").await)
}

async fn come_a_long_way(at: At) -> String {
    let world = World::of_links(Limits::default()).await;
    let mut raw = world.greeted().await;
    let head = Head {
        hops: u8::try_from(at.of(8)).unwrap(),
        ..Raw::request::<Say>(0)
    };
    raw.send(&head, br#"{"text":""}"#).await;
    raw.outcome().await
}
