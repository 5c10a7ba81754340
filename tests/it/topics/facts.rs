//! What holds wherever people are.

use mitto::Code;

use super::place::Place;

/// A test of each fact, in one place; or one test of those that depend on the broker, each in a place that is made for it.
macro_rules! tests {
    (all $name:ident $place:expr) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            $crate::topics::tests! { @all $place =>
                everybody_but_the_sender_hears,
                topic_is_heard_by_its_own_only,
                who_has_left_hears_nothing,
                subscription_ends_with_the_connection,
                messages_keep_their_order,
                name_may_be_any_text_that_shows,
            }
        }
    };
    (@all $place:expr => $($fact:ident,)*) => {$({
        let place = $place.await;
        $crate::topics::facts::$fact(&place).await;
        place.close().await;
    })*};
    ($name:ident $place:expr) => {
        mod $name {
            #[allow(unused_imports, reason = "not every place has a broker")]
            use super::{Place, memory};
            $crate::topics::tests! { @ $place =>
                everybody_but_the_sender_hears,
                sender_hears_who_is_not_left_out,
                one_who_has_not_subscribed_may_publish,
                topic_is_heard_by_its_own_only,
                who_has_left_hears_nothing,
                twice_subscribed_hears_once,
                subscription_ends_with_the_connection,
                messages_keep_their_order,
                name_may_be_any_text_that_shows,
                bad_names_are_refused,
                nobody_need_hear,
            }
        }
    };
    (@ $place:expr => $($fact:ident,)*) => {$(
        #[tokio::test]
        async fn $fact() {
            let place = $place.await;
            $crate::topics::facts::$fact(&place).await;
        }
    )*};
}
pub(super) use tests;

const ROOM: &str = "room/1";

pub(super) async fn everybody_but_the_sender_hears(place: &Place) {
    let [mut ann, mut bob, mut cid] = place.people(ROOM).await;
    ann.says(ROOM, "I am Ann").await;
    cid.hears("I am Ann").await;
    bob.hears("I am Ann").await;
    bob.says(ROOM, "I am Bob").await;
    ann.hears("I am Bob").await;
    cid.hears("I am Bob").await;
    place.announce(ROOM, "the end").await;
    for person in [&mut ann, &mut bob, &mut cid] {
        person.hears("the end").await;
    }
}

pub(super) async fn sender_hears_who_is_not_left_out(place: &Place) {
    let [mut ann, mut bob] = place.people(ROOM).await;
    ann.says_to(ROOM, "everybody?", true)
        .await
        .expect("it is said");
    ann.hears("everybody?").await;
    bob.hears("everybody?").await;
}

pub(super) async fn one_who_has_not_subscribed_may_publish(place: &Place) {
    let [mut ann, mut bob] = place.people(ROOM).await;
    let mut cid = place.person().await;
    cid.says(ROOM, "I am outside").await;
    ann.hears("I am outside").await;
    bob.hears("I am outside").await;
    cid.joins(ROOM).await.expect("it may");
    ann.says(ROOM, "come in").await;
    cid.hears("come in").await;
}

pub(super) async fn topic_is_heard_by_its_own_only(place: &Place) {
    let [mut ann, mut bob] = place.people(ROOM).await;
    let [mut cid, dan] = place.people("room/11").await;
    bob.joins("room/11").await.expect("it may");
    dan.says("room/11", "eleven").await;
    dan.says(ROOM, "one").await;
    ann.hears("one").await;
    cid.hears("eleven").await;
    let mut both = [bob.hears_next().await, bob.hears_next().await];
    both.sort();
    assert_eq!(both, ["eleven", "one"]);
    place.announce("room/11", "end").await;
    cid.hears("end").await;
}

pub(super) async fn who_has_left_hears_nothing(place: &Place) {
    let [mut ann, mut bob, cid] = place.people(ROOM).await;
    ann.joins("more").await.expect("it may");
    ann.leaves(ROOM).await.expect("it may");
    ann.leaves(ROOM).await.expect("it may do so again");
    cid.says(ROOM, "hello").await;
    bob.hears("hello").await;
    bob.leaves(ROOM).await.expect("it may");
    cid.leaves(ROOM).await.expect("it may");
    place.announce(ROOM, "nobody hears").await;
    place.announce("more", "still there").await;
    ann.hears("still there").await;
    for person in [&ann, &bob] {
        person.joins(ROOM).await.expect("it may again");
    }
    ann.says(ROOM, "back").await;
    bob.hears("back").await;
}

pub(super) async fn twice_subscribed_hears_once(place: &Place) {
    let [mut ann, bob] = place.people(ROOM).await;
    ann.joins(ROOM).await.expect("it may");
    bob.says(ROOM, "once").await;
    bob.says(ROOM, "more").await;
    ann.hears("once").await;
    ann.hears("more").await;
    ann.leaves(ROOM).await.expect("it may");
    ann.joins("end").await.expect("it may");
    bob.says(ROOM, "not heard").await;
    place.announce("end", "end").await;
    ann.hears("end").await;
}

pub(super) async fn subscription_ends_with_the_connection(place: &Place) {
    let [ann, mut bob, cid] = place.people(ROOM).await;
    let gone = ann.client.peer().clone();
    gone.close();
    gone.closed().await;
    cid.says(ROOM, "who is there?").await;
    bob.hears("who is there?").await;
    drop((cid, ann));
    let mut dan = place.person().await;
    place.announce(ROOM, "one").await;
    bob.hears("one").await;
    dan.joins(ROOM).await.expect("it may");
    place.announce(ROOM, "two").await;
    bob.hears("two").await;
    dan.hears("two").await;
}

pub(super) async fn messages_keep_their_order(place: &Place) {
    let [mut ann, mut bob, cid] = place.people(ROOM).await;
    for n in 0..100 {
        cid.says(ROOM, &n.to_string()).await;
    }
    for n in 0..100 {
        ann.hears(&n.to_string()).await;
        bob.hears(&n.to_string()).await;
    }
}

pub(super) async fn name_may_be_any_text_that_shows(place: &Place) {
    let mut ann = place.person().await;
    let bob = place.person().await;
    let long = "x".repeat(255);
    for topic in [
        "#",
        "*",
        "a.*.#",
        "+/x/>",
        "$share/g/t",
        "żółć 你好",
        "%23",
        " ",
        &long,
    ] {
        ann.joins(topic).await.expect("it may");
        bob.says(topic, topic).await;
        ann.hears(topic).await;
    }
}

pub(super) async fn bad_names_are_refused(place: &Place) {
    let ann = place.person().await;
    let long = "ä".repeat(128);
    for (topic, why) in [
        ("", "a topic needs a name, take 1 to 255 bytes of text"),
        (&long, "the topic's name has 256 bytes, take at most 255"),
        ("a\nb", "the topic's name holds \\n, leave out"),
        ("a\u{202e}b", "the topic's name holds \\u{202e}, leave out"),
    ] {
        for refused in [ann.joins(topic).await, ann.says_to(topic, "x", true).await] {
            let status = refused.expect_err("a bad name");
            assert_eq!(status.code(), Code::BadRequest, "{status}");
            assert!(status.message().starts_with(why), "{status}");
        }
    }
}

pub(super) async fn nobody_need_hear(place: &Place) {
    let ann = place.person().await;
    ann.says("nowhere", "hello").await;
    ann.leaves("nowhere").await.expect("it may");
}
