//! The brokers that handlers are behind.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use mitto::queue::broker::Broker;
use mitto::queue::broker::memory::Memory;
use mitto::queue::broker::mqtt::Mqtt;
use mitto::queue::broker::nats::Nats;
use mitto::queue::broker::rabbitmq::RabbitMq;

use super::Runs;
use crate::broker::servers::mosquitto::Mosquitto;
use crate::broker::servers::{nats, rabbitmq};

/// The broker of a test; real ones are shared by all tests.
pub(super) fn broker(runs: Runs) -> Arc<dyn Broker> {
    match runs {
        Runs::Here | Runs::Elsewhere | Runs::OneHop | Runs::TwoHops => {
            unreachable!("no broker")
        }
        Runs::RabbitMq => {
            let at = rabbitmq::shared().at();
            Arc::new(RabbitMq::new(rabbitmq::url("guest", at)))
        }
        Runs::Nats => Arc::new(Nats::new(nats_url())),
        Runs::NatsDurable => Arc::new(Nats::new(nats_url()).durable()),
        Runs::Mqtt => Arc::new(mqtt().0.clone()),
        Runs::MqttSession => Arc::new(mqtt().1.clone()),
        Runs::Worker | Runs::Route => Arc::new(Memory::new()),
    }
}

fn nats_url() -> &'static str {
    static SERVER: LazyLock<(String, nats::Server)> = LazyLock::new(|| {
        // Not in the runtime of the test that comes first.
        let starting = std::thread::spawn(|| {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(nats::Server::start())
        });
        let server = starting.join().expect("a server");
        (server.url(), server)
    });
    &SERVER.0
}

/// Without sessions and with them.
fn mqtt() -> (&'static Mqtt, &'static Mqtt) {
    static BROKERS: LazyLock<(Mqtt, Mqtt, Mosquitto)> = LazyLock::new(|| {
        let server = Mosquitto::start();
        let mqtt = Mqtt::new(server.url());
        let session = mqtt.clone().session("world", Duration::from_secs(600));
        (mqtt, session, server)
    });
    let (mqtt, session, _) = &*BROKERS;
    (mqtt, session)
}
