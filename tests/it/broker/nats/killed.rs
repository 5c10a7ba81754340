//! What a server that is killed has not written down.

use std::collections::HashSet;
use std::time::Duration;

use mitto::queue::broker::Delivery;
use mitto::queue::broker::nats::Nats;
use tokio::time::timeout;

use super::super::lines::{End, node, request};
use super::Server;

/// It gives out again, as if for the first time, what it gave out in its last tenth of a second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_new_twice() {
    const BURST: Duration = Duration::from_millis(20);
    const REST: Duration = Duration::from_secs(3);

    let mut server = Server::start().await;
    let broker = Nats::new(server.url()).durable();
    let node = node("twice");
    let mut one = End::worker(&broker, &node, 8).await;
    let mut other = End::worker(&broker, &node, 8).await;
    let mut gateway = End::open(&broker, "gateway").await;
    let mut new = HashSet::new();
    for round in 0..3 {
        for n in 0..16 {
            let task = request(&format!("{round}.{n}"));
            gateway.publish(&node, task).await.expect("confirmed");
        }
        let begun = tokio::join!(come(&mut one, BURST), come(&mut other, BURST));
        settle(&one, begun.0.iter().step_by(2));
        server.kill();
        gateway.connected(false).await;
        server.run().await;
        gateway.connected(true).await;
        settle(&one, begun.0.iter().skip(1).step_by(2));
        settle(&other, &begun.1);
        let later = tokio::join!(drain(&mut one, REST), drain(&mut other, REST));
        for delivery in [begun.0, begun.1, later.0, later.1].iter().flatten() {
            let parcel = delivery.parcel.as_ref().expect("a task");
            let is_new = delivery.attempt == 1;
            let id = parcel.correlation.to_string();
            assert!(!is_new || new.insert(id), "{parcel:?}");
        }
    }
    assert!(!new.is_empty());
}

/// What comes until nothing more has come for a while.
async fn come(worker: &mut End, pause: Duration) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    while let Ok(delivery) = timeout(pause, worker.delivered()).await {
        deliveries.push(delivery);
    }
    deliveries
}

/// The same, and settles it.
async fn drain(worker: &mut End, pause: Duration) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    while let Ok(delivery) = timeout(pause, worker.delivered()).await {
        worker.done(&delivery);
        deliveries.push(delivery);
    }
    deliveries
}

fn settle<'a>(worker: &End, deliveries: impl IntoIterator<Item = &'a Delivery>) {
    for delivery in deliveries {
        worker.done(delivery);
    }
}
