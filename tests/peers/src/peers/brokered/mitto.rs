//! mitto with its defaults: a stub on a `Publisher`, without a client's connection between, and a `Worker`.

use mitto::queue::broker::nats::Nats;
use mitto::queue::broker::rabbitmq::RabbitMq;
use mitto::queue::broker::{Broker, Publisher};
use mitto::worker::Worker;

use super::measured;
use crate::Failure;
use crate::echo::{Bench, BenchClient, BenchServer};
use crate::load::{Load, senders};
use crate::measure::Cost;
use crate::options::Run;

pub(super) async fn nats(run: &Run, url: &str) -> Result<Cost, Failure> {
    measure(run, &Nats::new(url)).await
}

pub(super) async fn rabbitmq(run: &Run, url: &str) -> Result<Cost, Failure> {
    measure(run, &RabbitMq::new(url)).await
}

async fn measure(run: &Run, broker: &impl Broker) -> Result<Cost, Failure> {
    let worker = Worker::new(BenchServer).consume(broker).await?.spawn();
    worker.resume().await?;
    let gateway = Bench::gateway(Publisher::connect(broker).await?);
    let client = BenchClient::local(gateway);
    let load = Load::begin(run)?;
    let cost = measured(&load, senders(&load, &[client])).await?;
    worker.shutdown().await;
    Ok(cost)
}
