//! Brokers that die, connections that are cut, and workers that are away.

use std::collections::HashMap;
use std::time::Duration;

use mitto::Code;
use mitto::queue::broker::mqtt::Mqtt;
use mitto::queue::broker::{ParcelKind, SendError, Settled};
use rumqttc::{PubAckReason, PublishProperties};
use tokio::time::{sleep, timeout};

use super::super::lines::{End, LONG, idempotent, letters, node, request};
use super::super::relay::Relay;
use super::raw::Raw;
use super::{session, started};
use crate::broker::servers::mosquitto::Mosquitto;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_goes_on_after_the_broker_was_killed() {
    let mut server = started().await;
    let broker = Mqtt::new(server.url());
    let node = node("again");
    let mut worker = End::worker(&broker, &node, 4).await;
    let mut gateway = End::open(&broker, "gateway").await;
    for _ in 0..2 {
        tokio::task::block_in_place(|| server.kill());
        gateway.connected(false).await;
        worker.connected(false).await;
        tokio::task::block_in_place(|| server.again());
        gateway.connected(true).await;
        worker.connected(true).await;
        // Its work has a connection of its own, which may be there later.
        let begun = async {
            while let Err(error) = gateway.publish(&node, idempotent("a")).await {
                assert!(matches!(error, SendError::Nobody(_)), "{error}");
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(LONG, begun).await.expect("it is taken");
        let delivery = worker.delivered().await;
        worker.done(&delivery);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confirmed_tasks_outlive_the_broker() {
    for mqtt in [session, Mqtt::new] {
        let mut server = tokio::task::block_in_place(Mosquitto::keeping);
        let broker = mqtt(server.url());
        let node = node("outlive");
        let mut worker = End::worker(&broker, &node, 1).await;
        let mut gateway = End::open(&broker, "gateway").await;
        for id in 0..20 {
            let task = request(&id.to_string());
            gateway.publish(&node, task).await.expect("confirmed");
        }
        let mut next = worker.delivered().await;
        // Its disk is a moment behind.
        sleep(Duration::from_secs(2)).await;
        tokio::task::block_in_place(|| server.kill());
        gateway.connected(false).await;
        tokio::task::block_in_place(|| server.again());
        for id in 0..20 {
            let parcel = next.parcel.clone().expect("a task");
            assert_eq!(parcel.correlation.as_ref(), id.to_string());
            worker.done(&next);
            if id < 19 {
                next = worker.delivered().await;
            }
        }
        worker.rests().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_confirmed_task_is_lost_while_connections_are_cut() {
    const MANY: usize = 400;
    let server = started().await;
    let relay = Relay::to(server.at()).await;
    let broker = Mqtt::new(format!("mqtt://{}", relay.at()));
    let node = node("storm");
    let mut worker = End::worker(&broker, &node, 64).await;
    let gateway = End::open(&broker, "gateway").await;
    let mut published = Vec::new();
    for n in 0..MANY {
        let id = n.to_string();
        let task = if n % 2 == 0 {
            idempotent(&id)
        } else {
            request(&id)
        };
        published.push(tokio::spawn(gateway.line.publish(&node, task)));
        if n % 40 == 20 {
            sleep(Duration::from_millis(50)).await;
            relay.cut();
        }
    }
    let mut came: HashMap<String, u32> = HashMap::new();
    let mut sure = Vec::new();
    for (n, published) in published.into_iter().enumerate() {
        let published = timeout(LONG, published).await.expect("it ends");
        match published.expect("it runs") {
            Ok(()) => sure.push(n.to_string()),
            Err(SendError::Lost) if n % 2 == 1 => {}
            Err(error) => panic!("{n}: {error}"),
        }
    }
    // The worker is behind the same relay: what it had acknowledged may come again, and says so.
    while sure.iter().any(|id| !came.contains_key(id)) {
        let delivery = worker.delivered().await;
        worker.done(&delivery);
        let parcel = delivery.parcel.expect("a task");
        if delivery.attempt == 1 {
            *came.entry(parcel.correlation.as_ref().into()).or_default() += 1;
        }
    }
    for (id, times) in came {
        let n: usize = id.parse().expect("a number");
        assert!(times == 1 || n.is_multiple_of(2), "{id} came {times} times");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn task_is_kept_over_a_short_loss() {
    let server = started().await;
    let relay = Relay::to(server.at()).await;
    let broker = Mqtt::new(format!("mqtt://{}", relay.at()));
    let node = node("kept");
    let mut worker = End::worker(&broker, &node, 2).await;
    let gateway = End::open(&Mqtt::new(server.url()), "gateway").await;
    for id in ["a", "b"] {
        gateway.publish(&node, request(id)).await.expect("taken");
    }
    let (early, late) = (worker.delivered().await, worker.delivered().await);
    worker.connected(true).await;
    relay.sever();
    worker.connected(false).await;
    // It is settled while nobody can be told, and others come meanwhile.
    worker.done(&early);
    gateway.publish(&node, request("c")).await.expect("taken");
    relay.mend();
    let next = worker.delivered().await;
    let parcel = next.parcel.clone().expect("a task");
    assert_eq!((parcel.correlation.as_ref(), next.attempt), ("c", 1));
    worker.done(&late);
    worker.done(&next);
    worker.rests().await;
    gateway.publish(&node, request("d")).await.expect("taken");
    worker.delivered().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn session_gives_what_was_begun_and_what_came_meanwhile() {
    let server = started().await;
    let relay = Relay::to(server.at()).await;
    let broker = session(format!("mqtt://{}", relay.at()));
    let node = node("session");
    let mut worker = End::worker(&broker, &node, 1).await;
    let gateway = End::open(&Mqtt::new(server.url()), "gateway").await;
    gateway
        .publish(&node, request("begun"))
        .await
        .expect("taken");
    worker.delivered().await;
    // It cannot say that it goes, as after a crash.
    relay.sever();
    worker.close().await;
    gateway
        .publish(&node, request("away"))
        .await
        .expect("taken");
    let mut next = End::worker(&session(server.url()), &node, 1).await;
    let again = next.delivered().await;
    let parcel = again.parcel.clone().expect("a task");
    assert_eq!((parcel.correlation.as_ref(), again.attempt), ("begun", 2));
    next.done(&again);
    let other = next.delivered().await;
    let parcel = other.parcel.clone().expect("a task");
    assert_eq!((parcel.correlation.as_ref(), other.attempt), ("away", 1));
    next.done(&other);
    next.rests().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_tasks_go_to_another_worker_when_one_stops() {
    let server = started().await;
    let broker = Mqtt::new(server.url());
    let node = node("stops");
    let mut worker = End::worker(&broker, &node, 1).await;
    let mut gateway = End::open(&broker, "gateway").await;
    for n in 0..10 {
        let mut task = request(&format!("{n}"));
        task.reply_to = Some(gateway.line.inbox());
        gateway.publish(&node, task).await.expect("taken");
    }
    let held = worker.delivered().await;
    let mut other = End::worker(&broker, &node, 100).await;
    worker.take_work(&node, 0).await;
    // The broker keeps them for the worker as long as that has what it was given.
    worker.done(&held);
    for _ in 1..10 {
        let delivery = other.delivered().await;
        assert_eq!(delivery.attempt, 1);
        other.done(&delivery);
    }
    worker.rests().await;
    other.close().await;

    // Where there is no other they wait, and are refused in the end.
    worker.take_work(&node, 2).await;
    for n in 10..14 {
        let mut task = request(&format!("{n}"));
        task.reply_to = Some(gateway.line.inbox());
        gateway.publish(&node, task).await.expect("taken");
    }
    let (first, second) = (worker.delivered().await, worker.delivered().await);
    worker.take_work(&node, 0).await;
    let refused = gateway.publish(&node, request("x")).await;
    assert!(matches!(refused, Err(SendError::Nobody(_))), "{refused:?}");
    worker.done(&first);
    worker.take_work(&node, 2).await;
    let third = worker.delivered().await;
    worker.done(&second);
    worker.done(&third);
    worker.take_work(&node, 0).await;
    worker.close().await;
    let told = gateway.received().await;
    let ParcelKind::Status(status) = told.kind else {
        panic!("{told:?}");
    };
    assert_eq!(status.code(), Code::Unavailable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_begun_goes_on_as_begun() {
    let server = started().await;
    let broker = Mqtt::new(server.url());
    let node = node("begun");
    let mut worker = End::worker(&broker, &node, 1).await;
    let gateway = End::open(&broker, "gateway").await;
    gateway.publish(&node, request("a")).await.expect("taken");
    worker.delivered().await;
    let mut other = End::worker(&broker, &node, 1).await;
    drop(worker);
    assert_eq!(other.delivered().await.attempt, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letter_of_the_last_worker_is_kept() {
    let server = started().await;
    let broker = Mqtt::new(server.url());
    let node = node("last");
    let mut worker = End::worker(&broker, &node, 1).await;
    let gateway = End::open(&broker, "gateway").await;
    gateway.publish(&node, request("a")).await.expect("taken");
    gateway.publish(&node, request("b")).await.expect("taken");
    let delivery = worker.delivered().await;
    let buried = Settled::Dead("unreadable".into());
    worker.line.settle(delivery.tag, buried);
    worker.delivered().await;
    worker.close().await;
    // Nobody waits for the other one, and no worker is left.
    let letters = letters(&gateway, &node, 2).await;
    assert_eq!(letters[0].reason, "unreadable");
    assert!(letters[1].reason.contains("no worker"));
    assert_eq!(letters[1].attempts, 2);
    // Where nobody works it cannot be put back, and stays.
    let back = gateway.line.put_back(&letters[0]).await;
    back.expect_err("nobody takes it");
    let mut raw = Raw::connect(server.at()).await;
    let at = format!("mitto/tasks/{node}");
    let nobody = raw.publish(&at, PublishProperties::default(), "").await;
    assert_eq!(nobody, PubAckReason::NoMatchingSubscribers);
}
