//! What others put into the queues.

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use mitto::queue::broker::{Parcel, ParcelKind, Settled};

use super::broker;
use super::plain::python;
use super::raw::{Raw, queue};
use crate::broker::lines::{End, idempotent, letters, node};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_of_every_type_are_read_or_left_out() {
    let node = node("types");
    let mut worker = End::worker(&broker(), &node, 8).await;
    let raw = Raw::connect("guest").await;
    let mut inner = FieldTable::default();
    inner.insert("a".into(), AMQPValue::LongString("b".into()));
    let text = || AMQPValue::LongString("text".into());
    let mut headers = FieldTable::default();
    for (name, value) in [
        ("bool", AMQPValue::Boolean(true)),
        ("byte", AMQPValue::ShortShortInt(-1)),
        ("short", AMQPValue::ShortInt(-300)),
        ("int", AMQPValue::LongInt(70_000)),
        ("long", AMQPValue::LongLongInt(i64::MIN)),
        ("float", AMQPValue::Float(0.5)),
        ("double", AMQPValue::Double(0.25)),
        ("time", AMQPValue::Timestamp(1_700_000_000)),
        (
            "list",
            AMQPValue::FieldArray(vec![text(), AMQPValue::LongInt(1)].into()),
        ),
        ("table", AMQPValue::FieldTable(inner.clone())),
        ("bytes", AMQPValue::ByteArray(vec![0xff].into())),
        ("void", AMQPValue::Void),
        ("broken", AMQPValue::LongString(vec![b'a', 0xff].into())),
        (
            "x-death",
            AMQPValue::FieldArray(vec![AMQPValue::FieldTable(inner)].into()),
        ),
        ("UPPER", text()),
    ] {
        headers.insert(name.into(), value);
    }
    let properties = BasicProperties::default()
        .with_type("Ping".into())
        .with_headers(headers);
    raw.publish(&queue(&node), properties, b"{}").await;
    let delivery = worker.delivered().await;
    let parcel = delivery.parcel.expect("a task");
    let metadata = &parcel.task().expect("a task").metadata;
    for (name, value) in [
        ("bool", "true"),
        ("byte", "-1"),
        ("short", "-300"),
        ("int", "70000"),
        ("long", "-9223372036854775808"),
        ("float", "0.5"),
        ("double", "0.25"),
        ("time", "1700000000"),
        ("list", "text"),
        ("broken", "a\u{fffd}"),
        ("upper", "text"),
    ] {
        assert_eq!(metadata.get(name), Some(value), "{name}");
    }
    assert_eq!(metadata.len(), 11, "{metadata:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reply_goes_to_inboxes_only() {
    let node = node("reply");
    let mut worker = End::worker(&broker(), &node, 8).await;
    let raw = Raw::connect("guest").await;
    let task = || BasicProperties::default().with_type("Ping".into());
    let in_header = |place: &str| {
        let mut headers = FieldTable::default();
        headers.insert("mitto-reply-to".into(), AMQPValue::LongString(place.into()));
        task().with_headers(headers)
    };
    for place in [
        "mitto.inbox.a.1",
        "amq.gen-abc",
        "amq.rabbitmq.reply-to.g1.x",
    ] {
        raw.publish(&queue(&node), task().with_reply_to(place.into()), b"{}")
            .await;
        let delivery = worker.delivered().await;
        let parcel = delivery.parcel.expect("a task");
        assert_eq!(parcel.reply_to.as_deref(), Some(place));
    }
    for properties in [
        task().with_reply_to("victim".into()),
        task().with_reply_to("".into()),
        in_header("victim"),
    ] {
        raw.publish(&queue(&node), properties, b"{}").await;
        let delivery = worker.delivered().await;
        let why = delivery.parcel.expect_err("it is refused").to_string();
        assert!(why.contains("reply"), "{why}");
        worker.line.settle(delivery.tag, Settled::Dead(why));
    }
    let letters = letters(&worker, &node, 3).await;
    assert!(letters.iter().all(|letter| letter.parcel.is_err()));
}

/// What the protocol's library cannot even parse costs a connection each time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unparsable_message_ends_in_the_dead_letters() {
    let node = node("poison");
    let mut worker = End::worker(&broker(), &node, 1).await;
    python("spoil", queue(&node)).await;
    let gateway = End::open(&broker(), "gateway").await;
    gateway
        .publish(&node, idempotent("good"))
        .await
        .expect("taken");
    let good = worker.delivered().await;
    assert_eq!(good.parcel.expect("a task").correlation.as_ref(), "good");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unparsable_message_leaves_the_inbox_in_order() {
    let mut gateway = End::open(&broker(), "gateway").await;
    let inbox = gateway.line.inbox();
    gateway.connected(true).await;
    python("spoil", inbox.to_string()).await;
    gateway.connected(false).await;
    gateway.connected(true).await;
    let answer = Parcel::new(ParcelKind::Cancel, "7".into());
    gateway.send(&inbox, answer.clone()).await;
    assert_eq!(gateway.received().await, answer);
}
