//! What goes wrong, and for whom.

use std::sync::Arc;

use mitto::queue::broker::memory::Memory;
use mitto::{Code, Limits, Notification, Peer, Status, Topics};
use serde::{Deserialize, Serialize, Serializer};

use super::place::{Place, Said};

#[derive(Serialize, Deserialize, Notification)]
#[notification(name = "Said", id = 0x5a1d_5a1d)]
struct Trap {
    #[serde(serialize_with = "spring")]
    text: String,
}

fn spring<S: Serializer>(text: &str, _: S) -> Result<S::Ok, S::Error> {
    match text {
        "panic" => panic!("the message does not want to be encoded"),
        text => Err(serde::ser::Error::custom(text)),
    }
}

async fn published(topics: &Topics, text: &str) -> Status {
    let text = text.to_owned();
    topics
        .publish("all", Trap { text })
        .await
        .expect_err("a trap")
}

async fn encoder_that_fails_is_told_of(place: Place) {
    let [mut ann, mut bob] = place.people("all").await;
    for _ in 0..2 {
        let status = published(&place.topics, "panic").await;
        assert_eq!(status.code(), Code::Internal);
        assert_eq!(
            status.message(),
            "`Said` panicked while it was encoded, it was not published"
        );
        let status = published(&place.topics, "no way").await;
        assert_eq!(status.code(), Code::BadRequest);
        assert!(
            status.message().starts_with("`Said` was not published: ")
                && status.message().contains("no way"),
            "{status}"
        );
    }
    // The connections are as they were.
    ann.says("all", "hello").await;
    bob.hears("hello").await;
    place.announce("all", "end").await;
    ann.hears("end").await;
    bob.hears("end").await;
}

#[tokio::test]
async fn encoder_that_fails_hurts_nobody_on_a_connection() {
    encoder_that_fails_is_told_of(Place::server("ws://127.0.0.1:0").await).await;
}

#[tokio::test]
async fn encoder_that_fails_hurts_nobody_in_process() {
    encoder_that_fails_is_told_of(Place::local().await).await;
}

#[tokio::test]
async fn encoder_that_fails_hurts_nobody_behind_gateways() {
    encoder_that_fails_is_told_of(Place::two_gateways(Arc::new(Memory::new())).await).await;
}

#[tokio::test]
async fn large_message_is_refused() {
    let limits = Limits::default().message(1_000);
    let place = Place::with(
        "ws://127.0.0.1:0",
        Topics::with_limits(limits),
        Limits::default(),
    );
    let place = place.await;
    let [mut ann, bob] = place.people("all").await;
    let text = "x".repeat(1_000);
    let refused = bob.says_to("all", &text, true).await;
    assert_eq!(refused.expect_err("too large").code(), Code::TooLarge);
    place.announce("all", "end").await;
    ann.hears("end").await;
}

/// What the topics may and a connection may not.
#[tokio::test]
async fn message_too_large_for_a_connection_is_dropped_there() {
    let limits = Limits::default().message(1_000);
    let place = Place::with("memory://topics", Topics::new(), limits).await;
    let [mut ann] = place.people("all").await;
    place.announce("all", &"x".repeat(1_000)).await;
    place.announce("all", "end").await;
    ann.hears("end").await;
    assert_eq!(place.topics.dropped(), 1);
}

#[tokio::test]
async fn nobody_cannot_be_subscribed() {
    let refused = Topics::new().subscribe(&Peer::nobody(), "all").await;
    let status = refused.expect_err("nobody");
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(status.message(), "there is nobody to subscribe");
}

#[tokio::test]
async fn who_is_gone_cannot_be_subscribed() {
    let place = Place::server("memory://topics").await;
    let ann = place.person().await;
    let peer = ann.client.peer().clone();
    peer.close();
    peer.closed().await;
    let refused = place.topics.subscribe(&peer, "all").await;
    assert_eq!(refused.expect_err("gone").code(), Code::ConnectionLost);
    assert_eq!(place.topics.subscribers("all"), 0);
}

#[tokio::test]
async fn peer_hears_so_many_topics_and_no_more() {
    let limits = Limits::default().topics(2).subscribers(2);
    let topics = Topics::with_limits(limits.clone());
    let here = Place::with("memory://topics", topics, Limits::default()).await;
    // Both people of a gateway; others come to the other one.
    let behind = Place::behind(Arc::new(Memory::new()), &limits, None).await;
    for place in [here, behind] {
        let [ann, bob] = place.people("one").await;
        ann.joins("two").await.expect("it may");
        ann.joins("one").await.expect("it does already");
        let status = ann.joins("three").await.expect_err("one too many");
        assert_eq!(status.code(), Code::Busy);
        assert_eq!(
            status.message(),
            "the peer hears 2 topics, which is the most that one may: `Limits::topics`"
        );
        ann.leaves("two").await.expect("it may");
        ann.joins("three").await.expect("it may again");
        drop(bob);
    }
}

#[tokio::test]
async fn topic_has_so_many_subscribers_and_no_more() {
    let topics = Topics::with_limits(Limits::default().subscribers(2));
    let place = Place::with("memory://topics", topics, Limits::default()).await;
    let [ann, _bob] = place.people("all").await;
    let cid = place.person().await;
    let status = cid.joins("all").await.expect_err("one too many");
    assert_eq!(status.code(), Code::Busy);
    assert_eq!(
        status.message(),
        "the topic has 2 subscribers here, which is the most: `Limits::subscribers`"
    );
    ann.leaves("all").await.expect("it may");
    cid.joins("all").await.expect("it may now");
}

#[tokio::test]
async fn publication_that_is_not_awaited_is_none() {
    let place = Place::server("memory://topics").await;
    let [mut ann] = place.people("all").await;
    let text = "never".to_owned();
    drop(place.topics.publish("all", Said { text }));
    place.announce("all", "end").await;
    ann.hears("end").await;
}
