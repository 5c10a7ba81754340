//! Tasks: from a gateway to one worker.

use std::sync::Arc;
use std::time::Duration;

use mitto::message::MessageKind;
use mitto::queue::broker::{Redelivers, SendError, Settled, Task};
use mitto::{Format, Metadata};
use tokio::time::{Instant, timeout};

use super::Site;
use super::end::{End, LONG};
use super::parcels::{assert_same, node, parcel_of, request};

pub(in crate::broker) async fn task_is_delivered_once_and_settled(site: &Site) {
    let node = node("settled");
    let mut worker = End::worker(&*site.broker, &node, 4).await;
    let gateway = End::open(&*site.broker, "gateway").await;
    gateway.publish(&node, request("a")).await.expect("taken");

    let delivery = worker.delivered().await;
    assert_eq!((delivery.attempt, &delivery.node), (1, &node));
    assert_same(&delivery.parcel.clone().expect("a task"), &request("a"));
    worker.done(&delivery);
    worker.rests().await;

    worker.close().await;
    let mut next = End::worker(&*site.broker, &node, 4).await;
    next.rests().await;
}

pub(in crate::broker) async fn task_arrives_as_it_was_sent(site: &Site) {
    let node = node("whole");
    let mut worker = End::worker(&*site.broker, &node, 4).await;
    let gateway = End::open(&*site.broker, "gateway").await;
    let mut task = Task::new("Watch", MessageKind::Stream);
    task.id = "the-id/1".into();
    task.idempotent = true;
    task.deadline = Some(Instant::now() + Duration::from_secs(20));
    task.address = Some("chat/eu/watch".try_into().expect("an address"));
    task.window = 4096;
    task.peer = u64::MAX;
    task.metadata = [("traceparent", "00-1"), ("k", "v")].into_iter().collect();
    let sent = parcel_of(task, "7:42").from_inbox(&gateway.line.inbox());
    let bare = parcel_of(Task::new("Typing", MessageKind::Notification), "");
    let binary = request("b").with_body(Format::MESSAGE_PACK, (0..=255).collect());
    for parcel in [&sent, &bare, &binary] {
        gateway.publish(&node, parcel.clone()).await.expect("taken");
        let delivery = worker.delivered().await;
        assert_same(&delivery.parcel.clone().expect("a task"), parcel);
        worker.done(&delivery);
    }
}

pub(in crate::broker) async fn metadata_may_be_any_text(site: &Site) {
    let node = node("metadata");
    let mut worker = End::worker(&*site.broker, &node, 4).await;
    let gateway = End::open(&*site.broker, "gateway").await;
    let mut metadata = Metadata::new();
    for (key, value) in [
        ("empty", ""),
        ("lines", "one\r\ntwo\0three"),
        ("marks", "\"';,:=%\\ <&>"),
        ("letters", "żółć 你好 🦀"),
        ("twice", "first"),
        ("twice", "second"),
        ("spaces", "  around  "),
        ("!#$%&'*+-.^_`|~()<>@,;:\\\"/[]?={}", "a name of signs"),
        ("x-request-id", "1"),
    ] {
        metadata.append(key, value);
    }
    metadata.append("k".repeat(255), "v".repeat(2000));
    let mut task = Task::new("Ping", MessageKind::Request);
    task.metadata = metadata;
    let sent = parcel_of(task, "c");
    gateway.publish(&node, sent.clone()).await.expect("taken");
    let delivery = worker.delivered().await;
    assert_same(&delivery.parcel.expect("a task"), &sent);
}

pub(in crate::broker) async fn body_may_have_a_mebibyte(site: &Site) {
    let node = node("large");
    let mut worker = End::worker(&*site.broker, &node, 1).await;
    let gateway = End::open(&*site.broker, "gateway").await;
    let body: Vec<u8> = (0..1 << 20).map(|n: u32| (n % 251) as u8).collect();
    let sent = request("large").with_body(Format::BYTES, body);
    gateway.publish(&node, sent.clone()).await.expect("taken");
    let delivery = worker.delivered().await;
    assert_same(&delivery.parcel.clone().expect("a task"), &sent);
    worker.done(&delivery);
    worker.send(&gateway.line.inbox(), sent).await;
}

pub(in crate::broker) async fn never_more_are_delivered_than_were_asked_for(site: &Site) {
    let node = node("most");
    let mut worker = End::worker(&*site.broker, &node, 2).await;
    let gateway = End::open(&*site.broker, "gateway").await;
    for id in ["1", "2", "3", "4", "5"] {
        gateway.publish(&node, request(id)).await.expect("taken");
    }
    let first = worker.delivered().await;
    worker.delivered().await;
    worker.rests().await;
    worker.done(&first);
    worker.delivered().await;
    worker.rests().await;
    worker.take_work(&node, 3).await;
    worker.delivered().await;
    worker.rests().await;
}

pub(in crate::broker) async fn work_pauses_and_goes_on(site: &Site) {
    let node = node("pause");
    let mut worker = End::worker(&*site.broker, &node, 2).await;
    let gateway = End::open(&*site.broker, "gateway").await;
    gateway.publish(&node, request("1")).await.expect("taken");
    let kept = worker.delivered().await;
    worker.take_work(&node, 0).await;
    if site.can().keeps {
        gateway.publish(&node, request("2")).await.expect("taken");
        worker.rests().await;
        worker.take_work(&node, 2).await;
        let next = worker.delivered().await;
        assert_eq!(next.parcel.expect("a task").correlation.as_ref(), "2");
    } else {
        worker.take_work(&node, 2).await;
        gateway.publish(&node, request("2")).await.expect("taken");
        worker.delivered().await;
    }
    worker.done(&kept);
    gateway.publish(&node, request("3")).await.expect("taken");
    worker.delivered().await;
}

pub(in crate::broker) async fn work_of_several_nodes_is_taken(site: &Site) {
    let (one, other) = (node("one"), node("other"));
    let mut worker = End::worker(&*site.broker, &one, 1).await;
    worker.take_work(&other, 1).await;
    let gateway = End::open(&*site.broker, "gateway").await;
    for node in [&other, &one] {
        gateway.publish(node, request("a")).await.expect("taken");
        let delivery = worker.delivered().await;
        assert_eq!(&delivery.node, node);
    }
}

pub(in crate::broker) async fn task_of_a_lost_worker_goes_to_another(site: &Site) {
    if site.can().redelivers != Redelivers::ToAnyWorker {
        return;
    }
    let node = node("lost");
    let mut worker = End::worker(&*site.broker, &node, 1).await;
    let gateway = End::open(&*site.broker, "gateway").await;
    gateway.publish(&node, request("a")).await.expect("taken");
    assert_eq!(worker.delivered().await.attempt, 1);
    drop(worker);
    let mut next = End::worker(&*site.broker, &node, 1).await;
    let delivery = next.delivered().await;
    assert_eq!(delivery.attempt, 2);
    assert_same(&delivery.parcel.clone().expect("a task"), &request("a"));
    next.done(&delivery);
}

pub(in crate::broker) async fn task_that_is_given_back_is_delivered_again(site: &Site) {
    if site.can().redelivers == Redelivers::Never {
        return;
    }
    let node = node("back");
    let mut worker = End::worker(&*site.broker, &node, 1).await;
    let gateway = End::open(&*site.broker, "gateway").await;
    gateway.publish(&node, request("a")).await.expect("taken");
    let delivery = worker.delivered().await;
    worker.line.settle(delivery.tag, Settled::GiveBack);
    let again = worker.delivered().await;
    assert_same(&again.parcel.clone().expect("a task"), &request("a"));
    worker.done(&again);
    worker.rests().await;
}

pub(in crate::broker) async fn node_without_a_queue_is_known(site: &Site) {
    if !site.can().knows_absence {
        return;
    }
    let node = node("nobody");
    let gateway = Arc::new(End::open(&*site.broker, "gateway").await);
    let refused = gateway.publish(&node, request("a")).await;
    assert!(
        matches!(&refused, Err(SendError::Nobody(at)) if at.contains(node.name())),
        "{refused:?}"
    );

    // One of many at once is told apart.
    let there = self::node("somebody");
    let _worker = End::worker(&*site.broker, &there, 1).await;
    let mut sent = Vec::new();
    for n in 0..100 {
        let node = if n % 10 == 3 { &node } else { &there };
        sent.push(gateway.line.publish(node, request(&n.to_string())));
    }
    let sent: Vec<_> = sent.into_iter().map(tokio::spawn).collect();
    for (n, sent) in sent.into_iter().enumerate() {
        let sent = timeout(LONG, sent)
            .await
            .expect("it ends")
            .expect("it runs");
        assert_eq!(sent.is_err(), n % 10 == 3, "{n}: {sent:?}");
    }
}

pub(in crate::broker) async fn task_waits_for_its_worker(site: &Site) {
    if !site.can().keeps {
        return;
    }
    let node = node("later");
    End::worker(&*site.broker, &node, 1).await.close().await;
    let gateway = End::open(&*site.broker, "gateway").await;
    match gateway.publish(&node, request("a")).await {
        Ok(()) => {}
        Err(SendError::Nobody(_)) if site.can().knows_absence => return,
        Err(error) => panic!("{error}"),
    }
    gateway.close().await;
    let mut worker = End::worker(&*site.broker, &node, 1).await;
    let delivery = worker.delivered().await;
    assert_eq!(delivery.attempt, 1);
    worker.done(&delivery);
}
