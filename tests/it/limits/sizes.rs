//! How large something may be.

use mitto::envelope::{Head, Kind};
use mitto::{Format, Limits};

use super::world::{
    BoundsClient, Grow, Raw, Repeat, Say, Watch, World, client_of_raw, outcome, settle,
};
use super::{At, FINE, Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(Message, send_a_large_request, [FINE, FINE, "TooLarge"]),
        row!(Message, send_a_large_answer, [FINE, FINE, "TooLarge"]),
        row!(
            Message,
            receive_a_large_message,
            [FINE, FINE, "closed 1009"]
        ),
        row!(Message, receive_a_large_total, [FINE, FINE, "closed 1009"]),
        row!(MetadataEntries, send_entries, [FINE, FINE, "BadRequest"]),
        row!(MetadataEntries, receive_entries, [FINE, FINE, "BadRequest"]),
        row!(MetadataBytes, send_bytes, [FINE, FINE, "BadRequest"]),
        row!(MetadataBytes, receive_bytes, [FINE, FINE, "BadRequest"]),
        row!(Depth, receive_nested_json, [FINE, FINE, "BadRequest"]),
        row!(StreamWindow, receive_items, [FINE, FINE, "BadRequest"]),
    ]
}

/// What goes around the text of a `Say` in JSON.
const AROUND: usize = r#"{"text":""}"#.len();
const MESSAGE: usize = 1_000;

fn text(bytes: usize) -> Say {
    Say {
        text: "x".repeat(bytes),
    }
}

async fn send_a_large_request(at: At) -> String {
    let world = World::of(Limits::default()).await;
    let client = world.client(Limits::default().message(MESSAGE)).await;
    let call = client.say(text(at.of(MESSAGE) - AROUND));
    outcome(call.format(Format::JSON).await)
}

/// Two quotes go around the text of an answer.
async fn send_a_large_answer(at: At) -> String {
    let world = World::of(Limits::default().message(MESSAGE)).await;
    let client = world.client(Limits::default()).await;
    let bytes = at.of(MESSAGE) - 2;
    outcome(client.repeat(Repeat { bytes }).format(Format::JSON).await)
}

async fn receive_a_large_message(at: At) -> String {
    let world = World::of(Limits::default().message(MESSAGE)).await;
    let mut raw = world.greeted().await;
    let json = format!(r#"{{"text":"{}"}}"#, "x".repeat(at.of(MESSAGE) - AROUND));
    raw.send(&Raw::request::<Say>(0), json.as_bytes()).await;
    raw.outcome().await
}

async fn receive_a_large_total(at: At) -> String {
    let world = World::of(Limits::default().message(MESSAGE)).await;
    let mut raw = world.greeted().await;
    let total = at.of(MESSAGE);
    let json = format!(r#"{{"text":"{}"}}"#, "x".repeat(total - AROUND));
    let (first, rest) = json.as_bytes().split_at(10);
    let head = Raw::request::<Say>(0);
    let first_head = Head {
        more: true,
        total: Some(total as u64),
        ..head
    };
    raw.send(&first_head, first).await;
    raw.send(&Head { rest: true, ..head }, rest).await;
    raw.outcome().await
}

const ENTRIES: usize = 4;
const BYTES: usize = 100;

async fn with_entries(client: &BoundsClient, count: usize) -> String {
    let mut call = client.say(text(1));
    for n in 0..count {
        call = call.metadata(format!("k{n}"), "v");
    }
    outcome(call.await)
}

async fn with_bytes(client: &BoundsClient, bytes: usize) -> String {
    let call = client.say(text(1));
    outcome(call.metadata("key", "v".repeat(bytes - 3)).await)
}

async fn send_entries(at: At) -> String {
    let world = World::of(Limits::default()).await;
    let limits = Limits::default().metadata_entries(ENTRIES);
    with_entries(&world.client(limits).await, at.of(ENTRIES)).await
}

async fn receive_entries(at: At) -> String {
    let world = World::of(Limits::default().metadata_entries(ENTRIES)).await;
    with_entries(&world.client(Limits::default()).await, at.of(ENTRIES)).await
}

async fn send_bytes(at: At) -> String {
    let world = World::of(Limits::default()).await;
    let limits = Limits::default().metadata_bytes(BYTES);
    with_bytes(&world.client(limits).await, at.of(BYTES)).await
}

async fn receive_bytes(at: At) -> String {
    let world = World::of(Limits::default().metadata_bytes(BYTES)).await;
    with_bytes(&world.client(Limits::default()).await, at.of(BYTES)).await
}

async fn receive_nested_json(at: At) -> String {
    let world = World::of(Limits::default()).await;
    let mut raw = world.greeted().await;
    // The object is the first level.
    let arrays = at.of(mitto::codec::MAX_DEPTH) - 1;
    let tree = format!("{}{}", "[".repeat(arrays), "]".repeat(arrays));
    let json = format!(r#"{{"tree":{tree}}}"#);
    raw.send(&Raw::request::<Grow>(0), json.as_bytes()).await;
    raw.outcome().await
}

/// An item counts as at least 1 KiB.
async fn receive_items(at: At) -> String {
    const ITEMS: usize = 3;
    let limits = Limits::default().stream_window(ITEMS << 10);
    let (client, mut raw) = client_of_raw(limits, 64 << 10).await;
    let opening = tokio::spawn(async move { client.watch(Watch {}).await });
    let id = raw.receive().await.unwrap().id;
    let progress = Head::new(Kind::Progress, id);
    raw.send(&progress, &[]).await;
    let mut stream = opening.await.unwrap().unwrap();
    let item = Head {
        format: Some(Format::JSON),
        ..Head::new(Kind::Item, id)
    };
    for _ in 0..at.of(ITEMS) {
        raw.send(&item, b"7").await;
    }
    raw.send(&Head::new(Kind::End, id), &[]).await;
    settle().await;
    let mut last = FINE.to_owned();
    while let Some(item) = stream.next().await {
        last = outcome(item);
    }
    last
}
