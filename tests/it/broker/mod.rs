//! Requests through brokers.
//!
//! [`lines`] holds what every broker's part has to do, as far as its broker can; a file for each broker
//! runs it and adds what is that broker's own.

mod lines;
mod memory;
mod mqtt;
mod nats;
mod rabbitmq;
mod relay;
mod work;

use std::sync::Arc;

use mitto::queue::broker::Broker;
use mitto::queue::broker::mqtt::Mqtt;
use mitto::queue::broker::nats::Nats;
use mitto::queue::broker::rabbitmq::RabbitMq;
pub(crate) use mitto_test_servers as servers;
use servers::rabbitmq::{shared, url};

/// The RabbitMQ that tests share.
pub(crate) async fn rabbitmq() -> Arc<dyn Broker> {
    Arc::new(RabbitMq::new(url("guest", shared().at())))
}

/// A NATS of a test's own.
pub(crate) async fn nats() -> Arc<dyn Broker> {
    nats::with_server(Nats::new).await
}

/// A mosquitto of a test's own.
pub(crate) async fn mqtt() -> Arc<dyn Broker> {
    mqtt::with_server(Mqtt::new).await
}
