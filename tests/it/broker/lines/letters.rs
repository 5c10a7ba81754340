//! Dead letters: what could not be handled.

use std::time::Duration;

use mitto::message::MessageKind;
use mitto::queue::broker::{ATTEMPTS, DeadLetter, DeadLettering, Node, Redelivers, Settled, Task};
use tokio::time::{Instant, sleep, timeout};

use super::Site;
use super::end::{End, LONG};
use super::parcels::{assert_same, node, parcel_of, request};

pub(in crate::broker) async fn task_that_is_delivered_too_often_is_a_dead_letter(site: &Site) {
    let can = site.can();
    if can.dead_letters != DeadLettering::All || can.redelivers != Redelivers::ToAnyWorker {
        return;
    }
    let node = node("often");
    let gateway = End::open(&*site.broker, "gateway").await;
    let mut worker = End::worker(&*site.broker, &node, 1).await;
    gateway.publish(&node, request("a")).await.expect("taken");
    for attempt in 1..=ATTEMPTS {
        assert_eq!(worker.delivered().await.attempt, attempt);
        worker = End::worker(&*site.broker, &node, 1).await;
    }
    let letters = letters(&gateway, &node, 1).await;
    assert_eq!(letters[0].attempts, ATTEMPTS);
    assert!(!letters[0].reason.is_empty());
    assert_same(letters[0].parcel.as_ref().expect("a task"), &request("a"));
    worker.rests().await;
}

pub(in crate::broker) async fn dead_letter_has_its_reason(site: &Site) {
    if site.can().dead_letters == DeadLettering::Nothing {
        return;
    }
    let node = node("reason");
    let gateway = End::open(&*site.broker, "gateway").await;
    let mut worker = End::worker(&*site.broker, &node, 1).await;
    gateway.publish(&node, request("a")).await.expect("taken");
    let delivery = worker.delivered().await;
    let reason = "no handler for `Ping`: żółć\n2";
    worker
        .line
        .settle(delivery.tag, Settled::Dead(reason.into()));
    let letters = letters(&gateway, &node, 1).await;
    let letter = &letters[0];
    assert_eq!((letter.reason.as_str(), letter.attempts), (reason, 1));
    assert_eq!((letter.name(), &letter.node), (Some("Ping"), &node));
    assert_same(letter.parcel.as_ref().expect("a task"), &request("a"));
    worker.rests().await;
}

pub(in crate::broker) async fn dead_letters_come_oldest_first_and_stay(site: &Site) {
    if site.can().dead_letters == DeadLettering::Nothing {
        return;
    }
    let node = node("oldest");
    let gateway = End::open(&*site.broker, "gateway").await;
    let mut worker = End::worker(&*site.broker, &node, 1).await;
    for id in ["1", "2", "3"] {
        gateway.publish(&node, request(id)).await.expect("taken");
        let delivery = worker.delivered().await;
        worker.line.settle(delivery.tag, Settled::Dead(id.into()));
        letters(&gateway, &node, id.parse().expect("a number")).await;
    }
    for _ in 0..3 {
        let letters = letters(&gateway, &node, 3).await;
        let reasons: Vec<&str> = letters.iter().map(|letter| &*letter.reason).collect();
        assert_eq!(reasons, ["1", "2", "3"]);
    }
    let two = gateway.line.dead_letters(&node, 2).await.expect("read");
    assert_eq!((two.len(), two[0].reason.as_str()), (2, "1"));
    let others = gateway.line.dead_letters(&self::node("none"), 2).await;
    assert_eq!(others.expect("read").len(), 0);
}

pub(in crate::broker) async fn dead_letter_is_put_back_once(site: &Site) {
    if site.can().dead_letters == DeadLettering::Nothing {
        return;
    }
    let node = node("put");
    let gateway = End::open(&*site.broker, "gateway").await;
    let mut worker = End::worker(&*site.broker, &node, 2).await;
    for id in ["1", "2"] {
        gateway.publish(&node, request(id)).await.expect("taken");
        let delivery = worker.delivered().await;
        worker.line.settle(delivery.tag, Settled::Dead(id.into()));
        letters(&gateway, &node, id.parse().expect("a number")).await;
    }
    let found = letters(&gateway, &node, 2).await;
    let back = timeout(LONG, gateway.line.put_back(&found[1])).await;
    assert!(back.expect("it ends").expect("it is put back"));
    let delivery = worker.delivered().await;
    assert_eq!(delivery.attempt, 1);
    assert_same(&delivery.parcel.clone().expect("a task"), &request("2"));
    worker.done(&delivery);
    let back = timeout(LONG, gateway.line.put_back(&found[1])).await;
    assert!(!back.expect("it ends").expect("the broker answers"));
    let left = letters(&gateway, &node, 1).await;
    assert_eq!(left[0].reason, "1");
    worker.rests().await;
}

pub(in crate::broker) async fn unreadable_task_is_a_dead_letter(site: &Site) {
    let node = node("unreadable");
    let gateway = End::open(&*site.broker, "gateway").await;
    let mut worker = End::worker(&*site.broker, &node, 1).await;
    let nameless = parcel_of(Task::new("", MessageKind::Request), "a");
    gateway.publish(&node, nameless).await.expect("taken");
    let delivery = worker.delivered().await;
    let why = delivery.parcel.expect_err("it has no name").to_string();
    assert!(why.contains("names no message"), "{why}");
    worker.line.settle(delivery.tag, Settled::Dead(why.clone()));
    if site.can().dead_letters != DeadLettering::Nothing {
        let letters = letters(&gateway, &node, 1).await;
        assert_eq!((&letters[0].reason, letters[0].name()), (&why, None));
        assert!(letters[0].parcel.is_err());
    }
    gateway.publish(&node, request("b")).await.expect("taken");
    assert!(worker.delivered().await.parcel.is_ok());
}

/// The dead letters of a node, when there are so many.
pub(in crate::broker) async fn letters(end: &End, node: &Node, many: usize) -> Vec<DeadLetter> {
    let until = Instant::now() + LONG;
    loop {
        let letters = timeout(LONG, end.line.dead_letters(node, 10)).await;
        let letters = letters.expect("it ends").expect("they are read");
        if letters.len() == many {
            return letters;
        }
        assert!(
            Instant::now() < until,
            "not {many} dead letters: {letters:?}"
        );
        sleep(Duration::from_millis(50)).await;
    }
}
