//! A message is encoded once for all, however many they are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use futures_util::future::join_all;
use mitto::queue::broker::memory::Memory;
use mitto::{Format, Notification, Topics};
use serde::{Deserialize, Serialize, Serializer};

use super::place::Place;

/// How often each of the messages was encoded, by its number.
static ENCODED: [AtomicUsize; 5] = [const { AtomicUsize::new(0) }; 5];

/// Named as the message that is expected, and counted.
#[derive(Serialize, Deserialize, Notification)]
#[notification(name = "Said", id = 0x5a1d_5a1d)]
struct Counted {
    #[serde(serialize_with = "count")]
    text: String,
}

fn count<S: Serializer>(text: &str, to: S) -> Result<S::Ok, S::Error> {
    let number: usize = text.parse().expect("a number");
    ENCODED[number].fetch_add(1, SeqCst);
    to.serialize_str(text)
}

fn counted(number: usize) -> Counted {
    Counted {
        text: number.to_string(),
    }
}

#[tokio::test]
async fn message_is_encoded_once_for_a_thousand() {
    let place = Place::server("memory://topics").await;
    let people = join_all((0..1_000).map(async |_| {
        let person = place.person().await;
        person.joins("all").await.expect("it may");
        person
    }));
    let mut people = people.await;
    assert_eq!(place.topics.subscribers("all"), 1_000);
    place
        .topics
        .publish("all", counted(0))
        .await
        .expect("it is published");
    for person in &mut people {
        person.hears("0").await;
    }
    assert_eq!(ENCODED[0].load(SeqCst), 1);
    assert_eq!(place.topics.dropped(), 0);
    drop(people);
    while place.topics.subscribers("all") > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn message_is_encoded_once_in_each_format() {
    let mut place = Place::server("ws://127.0.0.1:0").await;
    let [mut ann, mut bob] = place.people("all").await;
    place = place.speaking_json_rpc();
    let [mut cid, mut dan] = place.people("all").await;
    place
        .topics
        .publish("all", counted(1))
        .await
        .expect("it is published");
    for person in [&mut ann, &mut bob, &mut cid, &mut dan] {
        person.hears("1").await;
    }
    assert_eq!(ENCODED[1].load(SeqCst), 2);
    let publish = place.topics.publish("all", counted(2));
    publish.format(Format::JSON).await.expect("it is published");
    for person in [&mut ann, &mut bob, &mut cid, &mut dan] {
        person.hears("2").await;
    }
    assert_eq!(ENCODED[2].load(SeqCst), 1);
}

#[tokio::test]
async fn message_is_encoded_once_for_all_gateways() {
    let place = Place::two_gateways(Arc::new(Memory::new())).await;
    let mut people: [_; 4] = place.people("all").await;
    place
        .topics
        .publish("all", counted(3))
        .await
        .expect("it is published");
    for person in &mut people {
        person.hears("3").await;
    }
    assert_eq!(ENCODED[3].load(SeqCst), 1);
}

#[tokio::test]
async fn message_for_nobody_is_not_encoded() {
    let topics = Topics::new();
    topics
        .publish("all", counted(4))
        .await
        .expect("it is published");
    assert_eq!(ENCODED[4].load(SeqCst), 0);
}
