//! Topics: one message to many peers, in every place that they may be in.

mod facts;
mod gateways;
mod once;
mod place;
mod slow;
mod trouble;

use std::sync::Arc;

use facts::tests;
use mitto::queue::broker::Broker;
use mitto::queue::broker::memory::Memory;
use place::Place;

use crate::broker::{mqtt, nats, rabbitmq};

tests!(local Place::local());
tests!(memory Place::server("memory://topics"));
tests!(ws Place::server("ws://127.0.0.1:0"));
tests!(tcp Place::server("tcp://127.0.0.1:0"));
tests!(json_rpc Place::json_rpc());
tests!(two_servers Place::two_servers(memory()));
tests!(two_gateways Place::two_gateways(memory()));
tests!(two_gateways_json_rpc async {
    Place::two_gateways_of_json(memory()).await.speaking_json_rpc()
});
// One test only: they share a RabbitMQ, where a topic is everybody's.
tests!(all two_gateways_at_rabbitmq Place::two_gateways(rabbitmq().await));
tests!(all two_gateways_at_mqtt Place::two_gateways(mqtt().await));
tests!(all two_gateways_at_nats Place::two_gateways(nats().await));
tests!(all two_servers_at_nats Place::two_servers(nats().await));

/// The broker of this process.
fn memory() -> Arc<dyn Broker> {
    Arc::new(Memory::new())
}
