//! Topics: from one to all who listen.

use mitto::message::MessageKind;
use mitto::queue::broker::{Parcel, ParcelKind, Task};
use tokio::time::timeout;

use super::Site;
use super::end::{End, LONG};
use super::parcels::{assert_same, parcel_of};

pub(in crate::broker) async fn topic_is_heard_by_who_listens(site: &Site) {
    let topic = topic("rooms/eu");
    let mut one = End::open(&*site.broker, "gateway").await;
    let mut other = End::open(&*site.broker, "gateway").await;
    let mut deaf = End::open(&*site.broker, "gateway").await;
    for end in [&one, &other] {
        listen(end, &topic).await;
    }
    listen(&deaf, &format!("{topic}/more")).await;
    for body in ["1", "2"] {
        publish(&one, &topic, published(body)).await;
        for end in [&mut one, &mut other] {
            let (at, parcel) = end.heard().await;
            assert_eq!(at, topic);
            assert_same(&parcel, &published(body));
        }
    }
    other.line.unlisten(&topic);
    listen(&other, &format!("{topic}/other")).await;
    publish(&one, &topic, published("3")).await;
    assert_same(&one.heard().await.1, &published("3"));
    other.hears_nothing().await;
    deaf.hears_nothing().await;
}

pub(in crate::broker) async fn topic_may_be_any_text(site: &Site) {
    let mut end = End::open(&*site.broker, "gateway").await;
    let long = "long/".repeat(200);
    let texts = [
        "#",
        "*",
        "a.*.#",
        "+/x/>",
        "$share/g/t",
        "żółć 你好",
        "a\n\0b",
        "%23",
        "A",
        "a",
    ];
    let topics: Vec<String> = texts.iter().copied().chain([&*long]).map(topic).collect();
    for topic in &topics {
        listen(&end, topic).await;
    }
    for topic in &topics {
        publish(&end, topic, published("1")).await;
        let (at, _) = end.heard().await;
        assert_eq!(&at, topic);
    }
    end.hears_nothing().await;
}

/// A topic of this test alone.
fn topic(name: &str) -> String {
    let random: u64 = rand::random();
    format!("{random:016x}/{name}")
}

fn published(body: &str) -> Parcel {
    let task = Task::new("Said", MessageKind::Notification);
    let mut parcel = parcel_of(task.clone(), "");
    parcel.kind = ParcelKind::Published(Box::new(task));
    parcel.body = body.into();
    parcel
}

pub(super) async fn listen(end: &End, topic: &str) {
    let listens = timeout(LONG, end.line.listen(topic)).await;
    listens.expect("it ends").expect("it listens");
}

pub(super) async fn publish(end: &End, topic: &str, parcel: Parcel) {
    let sent = timeout(LONG, end.line.publish_to(topic, parcel)).await;
    sent.expect("it ends").expect("it is sent");
}
