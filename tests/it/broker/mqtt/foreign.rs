//! What others put into the queues.

use bytes::Bytes;
use mitto::queue::broker::mqtt::Mqtt;
use mitto::queue::broker::{Parcel, ParcelKind, Settled};
use rumqttc::{PubAckReason, PublishProperties};
use tokio::time::{Duration, Instant};

use super::super::lines::{End, letters, node, request};
use super::raw::{Raw, named};
use super::started;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_message_is_a_task_or_a_dead_letter() {
    let server = started().await;
    let broker = Mqtt::new(server.url());
    let node = node("foreign");
    let mut worker = End::worker(&broker, &node, 1).await;
    let mut raw = Raw::connect(server.at()).await;
    let topic = format!("mitto/tasks/{node}");
    let reply = |place: &str| PublishProperties {
        response_topic: Some(place.to_owned()),
        ..named("Ping")
    };
    let typed = PublishProperties {
        content_type: Some("text/plain".to_owned()),
        ..named("Ping")
    };
    let correlated = PublishProperties {
        correlation_data: Some(Bytes::from(vec![0xff; 200])),
        ..named("Ping")
    };
    let mut kind = named("Ping");
    kind.user_properties
        .push(("mitto-kind".into(), "nonsense".into()));
    let unreadable = [
        (PublishProperties::default(), vec![], "names no message"),
        (
            PublishProperties::default(),
            vec![0xff; 300],
            "names no message",
        ),
        (typed, vec![], "content type"),
        (correlated, vec![], "correlation data"),
        (kind, vec![], "mitto-kind"),
        (reply("replies/1"), vec![], "mitto/inbox/"),
        (reply("mitto/tasks/a/b"), vec![], "mitto/inbox/"),
        (named("Ping"), vec![b' '; 16 << 20], "16777216 bytes"),
    ];
    let count = unreadable.len();
    for (properties, body, expected) in unreadable {
        let taken = raw.publish(&topic, properties, body).await;
        assert_eq!(taken, PubAckReason::Success);
        let delivery = worker.delivered().await;
        let why = delivery.parcel.expect_err("it is unreadable").to_string();
        assert!(why.contains(expected), "{why}");
        worker.line.settle(delivery.tag, Settled::Dead(why));
    }
    let letters = letters(&worker, &node, count).await;
    assert!(letters.iter().all(|letter| letter.parcel.is_err()));
    // The worker lives.
    let gateway = End::open(&broker, "gateway").await;
    gateway.publish(&node, request("a")).await.expect("taken");
    worker.delivered().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_request_is_answered() {
    let server = started().await;
    let node = node("plain");
    let mut worker = End::worker(&Mqtt::new(server.url()), &node, 4).await;
    let mut raw = Raw::connect(server.at()).await;
    raw.subscribe("mitto/inbox/plain/7").await;
    let mut properties = PublishProperties {
        content_type: Some("application/json; charset=utf-8".to_owned()),
        response_topic: Some("mitto/inbox/plain/7".to_owned()),
        correlation_data: Some(Bytes::from_static(b"\xff\x00\x01")),
        message_expiry_interval: Some(60),
        ..named("FindOrder")
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    properties.user_properties.extend([
        pair("Tenant", "north"),
        pair("rate", "100%"),
        pair("mitto-reply-to", "mitto/inbox/victim"),
    ]);
    let taken = raw
        .publish(&format!("mitto/tasks/{node}"), properties, r#"{"id":7}"#)
        .await;
    assert_eq!(taken, PubAckReason::Success);
    let delivery = worker.delivered().await;
    let parcel = delivery.parcel.clone().expect("a task");
    let task = parcel.task().expect("a task");
    assert_eq!(&*task.name, "FindOrder");
    assert_eq!(task.metadata.get("tenant"), Some("north"));
    assert_eq!(task.metadata.get("rate"), Some("100%"));
    let left = task.deadline.expect("one") - Instant::now();
    assert!(left > Duration::from_secs(50), "{left:?}");
    assert_eq!(parcel.reply_to.as_deref(), Some("mitto/inbox/plain/7"));
    let response = Parcel::new(ParcelKind::Response, parcel.correlation.clone())
        .with_body(mitto::Format::JSON, br#"{"found":true}"#.to_vec());
    let reply_to = parcel.reply_to.expect("a place");
    worker.send(&reply_to, response).await;
    worker.done(&delivery);
    let answer = raw.came().await;
    assert_eq!(&*answer.payload, br#"{"found":true}"#);
    let properties = answer.properties.expect("properties");
    let correlation = properties.correlation_data.expect("one");
    assert_eq!(&*correlation, b"\xff\x00\x01");
    assert_eq!(properties.content_type.as_deref(), Some("application/json"));
    assert_eq!(properties.user_properties, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn task_without_acknowledgement_is_taken_too() {
    let server = started().await;
    let node = node("once");
    let mut worker = End::worker(&Mqtt::new(server.url()), &node, 1).await;
    let mut raw = Raw::connect(server.at()).await;
    let topic = format!("mitto/tasks/{node}");
    for _ in 0..3 {
        raw.publish_at_most_once(&topic, named("Ping")).await;
    }
    for _ in 0..3 {
        let delivery = worker.delivered().await;
        worker.done(&delivery);
    }
    worker.rests().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_go_to_inboxes_only() {
    let server = started().await;
    let worker = End::open(&Mqtt::new(server.url()), "worker").await;
    let mut raw = Raw::connect(server.at()).await;
    raw.subscribe("#").await;
    for place in ["victim", "mitto/tasks/a/b", "$SYS/broker", "mitto/inbox/+"] {
        let answer = Parcel::new(ParcelKind::Cancel, "7".into());
        let sent = worker.line.send(&place.into(), answer).await;
        let error = sent.expect_err("it is none").to_string();
        assert!(error.contains("no inbox"), "{error}");
    }
    // What is no parcel in an inbox does no harm.
    let mut gateway = End::open(&Mqtt::new(server.url()), "gateway").await;
    let inbox = gateway.line.inbox();
    let nonsense = PublishProperties {
        content_type: Some("text/plain".to_owned()),
        ..PublishProperties::default()
    };
    raw.publish(&inbox, nonsense, vec![0xff]).await;
    worker
        .send(&inbox, Parcel::new(ParcelKind::Cancel, "8".into()))
        .await;
    assert_eq!(gateway.received().await.correlation.as_ref(), "8");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_that_breaks_the_protocol_harms_nobody() {
    let server = started().await;
    let node = node("spoilt");
    let mut worker = End::worker(&Mqtt::new(server.url()), &node, 1).await;
    let topic = format!("mitto/tasks/{node}");
    // A property that is none, and a name of control characters: mosquitto takes neither.
    for properties in [&[1, 0x7f][..], &[7, 38, 0, 1, 7, 0, 1, 8]] {
        let mut raw = Raw::connect(server.at()).await;
        let mut packet = vec![0x32, (4 + topic.len() + properties.len()) as u8];
        packet.extend((topic.len() as u16).to_be_bytes());
        packet.extend(topic.as_bytes());
        packet.extend([0, 9]);
        packet.extend(properties);
        raw.spoil(&packet).await;
    }
    let mut raw = Raw::connect(server.at()).await;
    raw.publish(&topic, named("Ping"), "{}").await;
    worker.delivered().await.parcel.expect("a task");
}
