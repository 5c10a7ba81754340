//! Connections that are lost, and lines that are closed.

use std::time::Duration;

use mitto::Format;
use mitto::message::MessageKind;
use mitto::queue::broker::{Parcel, ParcelKind, Redelivers, SendError, Task};
use tokio::time::timeout;

use super::Site;
use super::end::{End, LONG};
use super::parcels::{idempotent, node, parcel_of, request};
use super::topics::{listen, publish};

pub(in crate::broker) async fn lost_connection_is_made_again(site: &Site) {
    let Some(relay) = &site.relay else { return };
    let node = node("again");
    let mut worker = End::worker(&*site.broker, &node, 4).await;
    let mut gateway = End::open(&*site.broker, "gateway").await;
    let inbox = gateway.line.inbox();
    for _ in 0..3 {
        for end in [&mut worker, &mut gateway] {
            end.connected(true).await;
            assert!(end.line.is_connected());
        }
        relay.cut();
        for end in [&mut worker, &mut gateway] {
            end.connected(false).await;
        }
    }
    for end in [&mut worker, &mut gateway] {
        end.connected(true).await;
    }
    gateway
        .publish(&node, idempotent("a"))
        .await
        .expect("taken");
    let delivery = worker.delivered().await;
    worker.done(&delivery);
    assert_eq!(gateway.line.inbox(), inbox);
    let answer = Parcel::new(ParcelKind::Response, "7".into());
    worker
        .send(&inbox, answer.with_body(Format::JSON, b"1".to_vec()))
        .await;
    assert_eq!(gateway.received().await.correlation.as_ref(), "7");
}

pub(in crate::broker) async fn task_published_without_a_connection_waits(site: &Site) {
    let Some(relay) = &site.relay else { return };
    let node = node("waits");
    let mut worker = End::worker(&*site.broker, &node, 4).await;
    let mut gateway = End::open(&*site.broker, "gateway").await;
    relay.sever();
    for end in [&mut worker, &mut gateway] {
        end.connected(false).await;
    }
    assert!(!gateway.line.is_connected());
    let published = tokio::spawn(gateway.line.publish(&node, idempotent("a")));
    // It has tried again by then, in vain.
    let tried = relay.taken();
    while relay.taken() < tried + 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!published.is_finished());
    relay.mend();
    let published = timeout(LONG, published).await.expect("it ends");
    match published.expect("it runs") {
        // Its worker was not yet back.
        Err(SendError::Nobody(_)) if site.can().redelivers == Redelivers::Never => {
            worker.connected(true).await;
            let again = gateway.publish(&node, request("a")).await;
            again.expect("taken");
        }
        published => published.expect("taken"),
    }
    let delivery = worker.delivered().await;
    assert_eq!(delivery.attempt, 1);
    worker.done(&delivery);
}

pub(in crate::broker) async fn unsettled_task_is_delivered_again_after_a_loss(site: &Site) {
    let Some(relay) = &site.relay else { return };
    if site.can().redelivers == Redelivers::Never || site.keeps_work {
        return;
    }
    let node = node("unsettled");
    let mut worker = End::worker(&*site.broker, &node, 4).await;
    let gateway = End::open(&*site.broker, "gateway").await;
    gateway.publish(&node, request("a")).await.expect("taken");
    let first = worker.delivered().await;
    assert_eq!(first.attempt, 1);
    relay.cut();
    let again = worker.delivered().await;
    assert_eq!(again.attempt, 2);
    // What became of the first is not taken for the second.
    worker.done(&first);
    drop(worker);
    let mut next = End::worker(&*site.broker, &node, 4).await;
    if site.can().redelivers == Redelivers::ToAnyWorker {
        assert_eq!(next.delivered().await.attempt, 3);
    }
}

pub(in crate::broker) async fn listeners_hear_again_after_a_loss(site: &Site) {
    let Some(relay) = &site.relay else { return };
    let node = node("hears");
    let mut worker = End::worker(&*site.broker, &node, 4).await;
    let topic = format!("hears/{}", node.name());
    listen(&worker, &topic).await;
    worker.connected(true).await;
    relay.cut();
    worker.connected(false).await;
    worker.connected(true).await;
    let mut said = parcel_of(Task::new("Said", MessageKind::Notification), "");
    let task = said.task().expect("a task").clone();
    said.kind = ParcelKind::Published(Box::new(task));
    publish(&worker, &topic, said).await;
    assert_eq!(worker.heard().await.0, topic);
    let cancel = Parcel::new(ParcelKind::Cancel, "7".into());
    let told = timeout(LONG, worker.line.tell_workers(&node, cancel.clone())).await;
    told.expect("it ends").expect("it is sent");
    assert_eq!(worker.received().await, cancel);
}

pub(in crate::broker) async fn close_sends_and_settles_what_waits(site: &Site) {
    let node = node("close");
    let mut worker = End::worker(&*site.broker, &node, 8).await;
    let mut gateway = End::open(&*site.broker, "gateway").await;
    for id in ["1", "2", "3", "4"] {
        gateway.publish(&node, request(id)).await.expect("taken");
    }
    for _ in 0..4 {
        let delivery = worker.delivered().await;
        worker.done(&delivery);
    }
    let inbox = gateway.line.inbox();
    for n in 0..200 {
        let answer = Parcel::new(ParcelKind::Item, n.to_string().into());
        worker
            .send(&inbox, answer.with_body(Format::JSON, vec![b'1'; 1000]))
            .await;
    }
    worker.close().await;
    for n in 0..200 {
        assert_eq!(gateway.received().await.correlation.as_ref(), n.to_string());
    }
    let mut next = End::worker(&*site.broker, &node, 8).await;
    next.rests().await;
}

pub(in crate::broker) async fn closed_line_refuses(site: &Site) {
    let node = node("closed");
    let mut end = End::worker(&*site.broker, &node, 1).await;
    let inbox = end.line.inbox();
    end.connected(true).await;
    end.close().await;
    end.close().await;
    assert!(!end.line.is_connected());
    let published = end.publish(&node, request("a")).await;
    assert_eq!(published, Err(SendError::Closed));
    let sent = end.line.send(&inbox, request("a"));
    assert_eq!(
        timeout(LONG, sent).await.expect("it ends"),
        Err(SendError::Closed)
    );
    let work = timeout(LONG, end.line.take_work(&node, 1)).await;
    work.expect("it ends").expect_err("it is closed");
}
