//! Brokers that die, run short of memory, or take queues away.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use lapin::options::QueueDeleteOptions;
use mitto::queue::broker::SendError;
use mitto::queue::broker::rabbitmq::RabbitMq;
use tokio::time::{sleep, timeout};

use super::broker;
use super::raw::{Raw, queue};
use crate::broker::lines::{End, LONG, idempotent, node, request};
use crate::broker::relay::Relay;
use crate::broker::servers::rabbitmq::{RabbitMqServer, shared, url};
use crate::broker::work::{Shop, send};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_broker_comes_back_with_what_it_has_confirmed() {
    let mut server = tokio::task::spawn_blocking(RabbitMqServer::start)
        .await
        .expect("it starts");
    let broker = RabbitMq::new(url("guest", server.at()));
    let node = node("killed");
    let mut worker = End::worker(&broker, &node, 4).await;
    let mut gateway = End::open(&broker, "gateway").await;
    worker.take_work(&node, 0).await;
    for id in ["1", "2", "3"] {
        gateway
            .publish(&node, request(id))
            .await
            .expect("confirmed");
    }
    // A quorum queue that is younger than that may find no leader when RabbitMQ 3.10 was killed.
    sleep(Duration::from_secs(3)).await;
    server.kill();
    for end in [&mut gateway, &mut worker] {
        end.connected(false).await;
    }
    let wants = worker.line.take_work(&node, 4);
    let waits = tokio::spawn(gateway.line.publish(&node, request("4")));
    let server = tokio::task::spawn_blocking(move || {
        server.again();
        server
    });
    let server = server.await.expect("it starts again");
    let wants = timeout(LONG, wants).await.expect("it ends");
    wants.expect("work is taken");
    let mut came: Vec<String> = Vec::new();
    for _ in 0..4 {
        let delivery = worker.delivered().await;
        worker.done(&delivery);
        came.push(delivery.parcel.expect("a task").correlation.as_ref().into());
    }
    came.sort();
    assert_eq!(came, ["1", "2", "3", "4"]);
    let waited = timeout(LONG, waits)
        .await
        .expect("it ends")
        .expect("it runs");
    assert_eq!(waited, Ok(()));
    drop(server);
}

/// Its inbox stays for 5 minutes, as it may come back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn request_of_a_killed_gateway_runs_to_its_end() {
    let relay = Relay::to(shared().at()).await;
    let mut shop = Shop::new(Arc::new(broker()), 0);
    let worker = shop.working().await;
    let gateway = RabbitMq::new(url("guest", relay.at()));
    let gateway = End::open(&gateway, "gateway").await;
    send(&shop, &gateway, "Double", "{\"n\": 1}").await;
    assert_eq!(shop.event().await, "double 1");
    relay.sever();
    // Long enough to be told that it runs, twice.
    sleep(Duration::from_secs(7)).await;
    assert_eq!(worker.running(), 1);
    shop.let_pass(1);
    while worker.running() > 0 {
        tokio::task::yield_now().await;
    }
    shop.no_event();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broker_short_of_memory_is_waited_for() {
    let server = tokio::task::spawn_blocking(RabbitMqServer::start)
        .await
        .expect("it starts");
    let broker = RabbitMq::new(url("guest", server.at()));
    let node = node("memory");
    let mut worker = End::worker(&broker, &node, 4).await;
    let gateway = End::open(&broker, "gateway").await;
    gateway
        .publish(&node, request("first"))
        .await
        .expect("taken");
    let first = worker.delivered().await;

    server.control(&["set_vm_memory_high_watermark", "absolute", "1"]);
    let mut waits = Vec::new();
    for n in 0..20 {
        waits.push(tokio::spawn(
            gateway.line.publish(&node, request(&n.to_string())),
        ));
    }
    for late in ["sent", "dropped"] {
        let late = gateway.line.publish(&node, request(late));
        timeout(Duration::from_secs(2), late)
            .await
            .expect_err("nothing is taken");
    }
    assert!(waits.iter().all(|waits| !waits.is_finished()));
    assert!(gateway.line.is_connected());
    // What is settled still goes out.
    worker.done(&first);

    server.control(&["set_vm_memory_high_watermark", "0.4"]);
    for waits in waits {
        let taken = timeout(LONG, waits)
            .await
            .expect("it ends")
            .expect("it runs");
        assert_eq!(taken, Ok(()));
    }
    let mut came = 0;
    while came < 20 {
        let delivery = worker.delivered().await;
        worker.done(&delivery);
        match &*delivery.parcel.expect("a task").correlation {
            // It was sent before the line was told.
            "sent" => {}
            "dropped" => panic!("nobody waits for it"),
            _ => came += 1,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_confirmed_task_is_lost_while_connections_are_cut() {
    const MANY: usize = 400;
    let relay = Relay::to(shared().at()).await;
    let broker = RabbitMq::new(url("guest", relay.at()));
    let node = node("storm");
    let mut worker = End::worker(&super::broker(), &node, 64).await;
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
            sleep(Duration::from_millis(5)).await;
            relay.cut();
        }
        if n % 7 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let mut sure = Vec::new();
    for (n, published) in published.into_iter().enumerate() {
        match timeout(LONG, published)
            .await
            .expect("it ends")
            .expect("it runs")
        {
            Ok(()) => sure.push(n.to_string()),
            Err(SendError::Lost) if n % 2 == 1 => {}
            Err(error) => panic!("{n}: {error}"),
        }
    }
    let mut came: HashMap<String, u32> = HashMap::new();
    while sure.iter().any(|id| !came.contains_key(id)) {
        let delivery = worker.delivered().await;
        worker.done(&delivery);
        let parcel = delivery.parcel.expect("a task");
        assert_eq!(delivery.attempt, 1);
        *came.entry(parcel.correlation.as_ref().into()).or_default() += 1;
    }
    for (id, times) in came {
        let n: usize = id.parse().expect("a number");
        assert!(times == 1 || n.is_multiple_of(2), "{id} came {times} times");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queue_that_is_taken_away_is_made_again() {
    let node = node("away");
    let mut worker = End::worker(&broker(), &node, 4).await;
    worker.connected(true).await;
    let raw = Raw::connect("guest").await;
    let options = QueueDeleteOptions::default();
    raw.channel
        .queue_delete(queue(&node).as_str().into(), options)
        .await
        .expect("it was there");
    worker.connected(false).await;
    worker.connected(true).await;
    let gateway = End::open(&broker(), "gateway").await;
    gateway.publish(&node, request("a")).await.expect("taken");
    worker.delivered().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn head_that_fits_no_frame_is_too_large() {
    let node = node("head");
    let _worker = End::worker(&broker(), &node, 4).await;
    let gateway = End::open(&broker(), "gateway").await;
    let mut task = request("a");
    if let mitto::queue::broker::ParcelKind::Task(task) = &mut task.kind {
        task.metadata.append("k", "v".repeat(200_000));
    }
    let refused = gateway.publish(&node, task).await;
    assert!(
        matches!(refused, Err(SendError::TooLarge(bytes)) if bytes > 200_000),
        "{refused:?}"
    );
    gateway.publish(&node, request("b")).await.expect("taken");
}
