//! The brokers that a storm may be over, and the servers for them.

use std::sync::Arc;
use std::time::Duration;

use mitto::queue::broker::Broker;
use mitto::queue::broker::mqtt::Mqtt;
use mitto::queue::broker::nats::Nats;
use mitto::queue::broker::rabbitmq::RabbitMq;
use mitto_test_servers::mosquitto::Mosquitto;
use mitto_test_servers::nats;
use mitto_test_servers::rabbitmq::{RabbitMqServer, url};
use serde::{Deserialize, Serialize};
use tokio::task::{block_in_place, spawn_blocking};

use crate::Failure;
use crate::stored::stored;

/// A broker, and how it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// RabbitMQ with quorum queues.
    RabbitMq,
    /// RabbitMQ with classic queues.
    Classic,
    JetStream,
    /// NATS without JetStream.
    Nats,
    /// MQTT, with workers whose sessions are kept for them.
    MqttSession,
    /// MQTT, with workers whose tasks are lost with them.
    Mqtt,
}

/// How long a session is kept for its worker: longer than any storm takes.
const KEPT: Duration = Duration::from_secs(3600);

/// How long the tasks of a worker without a session of its own are kept behind its end.
const LINGERS: Duration = Duration::from_secs(60);

pub(crate) const KINDS: [(&str, Kind); 6] = [
    ("rabbitmq", Kind::RabbitMq),
    ("classic", Kind::Classic),
    ("jetstream", Kind::JetStream),
    ("nats", Kind::Nats),
    ("mqtt-session", Kind::MqttSession),
    ("mqtt", Kind::Mqtt),
];

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        let known = KINDS.iter().find(|(_, kind)| *kind == self);
        known.map_or("", |(name, _)| name)
    }

    /// The broker at a URL, for the worker of this number if it has one.
    pub(crate) fn broker(self, url: &str, number: usize) -> Arc<dyn Broker> {
        match self {
            Self::RabbitMq => Arc::new(RabbitMq::new(url)),
            Self::Classic => Arc::new(RabbitMq::new(url).classic()),
            Self::JetStream => Arc::new(Nats::new(url).durable()),
            Self::Nats => Arc::new(Nats::new(url)),
            Self::MqttSession => Arc::new(Mqtt::new(url).session(format!("storm-{number}"), KEPT)),
            Self::Mqtt => Arc::new(Mqtt::new(url)),
        }
    }

    pub(crate) async fn start(self) -> Result<Server, Failure> {
        Ok(match self {
            Self::RabbitMq | Self::Classic => {
                Server::RabbitMq(spawn_blocking(RabbitMqServer::start).await?)
            }
            Self::JetStream | Self::Nats => Server::Nats(nats::Server::start().await),
            Self::Mqtt | Self::MqttSession => {
                Server::Mosquitto(spawn_blocking(|| Mosquitto::with(MOSQUITTO, &[])).await?)
            }
        })
    }

    /// Whether what waits for a worker that is away waits for that one, and expires there unseen.
    pub(crate) fn is_mqtt(self) -> bool {
        matches!(self, Self::Mqtt | Self::MqttSession)
    }

    /// How long the broker may keep what a worker has left that was killed.
    pub(crate) fn lingers(self) -> Duration {
        match self {
            Self::Mqtt => LINGERS,
            _ => Duration::ZERO,
        }
    }
}

/// As it is advised. It has all that it had a second ago on disk.
const MOSQUITTO: &str = "allow_anonymous true\nmax_inflight_messages 0\nsys_interval 1\n\
                         persistence true\nautosave_interval 1\n";

/// A server of the storm's own.
pub(crate) enum Server {
    RabbitMq(RabbitMqServer),
    Nats(nats::Server),
    Mosquitto(Mosquitto),
}

impl Server {
    /// Its URL. `heartbeat` is in seconds, where it is not the usual one.
    pub(crate) fn url(&self, heartbeat: Option<u64>) -> String {
        match self {
            Self::RabbitMq(server) => {
                let url = url("guest", server.at());
                heartbeat.map_or(url.clone(), |seconds| format!("{url}?heartbeat={seconds}"))
            }
            Self::Nats(server) => server.url(),
            Self::Mosquitto(server) => server.url(),
        }
    }

    /// What the queue of the storms' node has waiting and given out, and inboxes as well, where it keeps them.
    pub(crate) async fn left(&self, kind: Kind) -> Result<(u64, u64), Failure> {
        match self {
            Self::RabbitMq(server) => {
                let list = ["list_queues", "-p", "mitto", "--no-table-headers"];
                let columns = ["name", "consumers", "messages_ready"];
                let columns = [&columns[..], &["messages_unacknowledged"]].concat();
                let told = block_in_place(|| server.control(&[&list[..], &columns].concat()));
                let mut left = (0, 0);
                for line in told.lines() {
                    let mut words = line.split_whitespace();
                    let name = words.next().unwrap_or_default();
                    let mut next = || words.next().and_then(|word| word.parse().ok());
                    let wrong = || format!("no line of rabbitmqctl: {line}");
                    let consumers: u64 = next().ok_or_else(wrong)?;
                    // Inboxes of those who were killed expire; dead letters are counted apart.
                    if consumers > 0 && !name.starts_with("mitto.dead.") {
                        left.0 += next().ok_or_else(wrong)?;
                        left.1 += next().ok_or_else(wrong)?;
                    }
                }
                Ok(left)
            }
            Self::Nats(server) if kind == Kind::JetStream => {
                let client = async_nats::connect(server.url()).await?;
                let subject = "$JS.API.CONSUMER.INFO.MITTO_TASKS_storms+node.workers";
                let told = client.request(subject, "".into()).await?;
                let told: serde_json::Value = serde_json::from_slice(&told.payload)?;
                let number = |name: &str| told[name].as_u64().ok_or("no such number");
                Ok((number("num_pending")?, number("num_ack_pending")?))
            }
            Self::Nats(_) => Ok((0, 0)),
            // It does not say which of them it has sent.
            Self::Mosquitto(server) => Ok((stored(server.at()).await?, 0)),
        }
    }

    /// Stops it as an operator does.
    pub(crate) fn stop(&mut self) {
        block_in_place(|| match self {
            Self::RabbitMq(server) => server.stop(),
            Self::Nats(server) => server.stop(),
            Self::Mosquitto(server) => server.stop(),
        });
    }

    pub(crate) fn kill(&mut self) {
        block_in_place(|| match self {
            Self::RabbitMq(server) => server.kill(),
            Self::Nats(server) => server.kill(),
            Self::Mosquitto(server) => server.kill(),
        });
    }

    /// Starts it again, and waits until it listens.
    pub(crate) async fn again(&mut self) {
        match self {
            Self::RabbitMq(server) => block_in_place(|| server.again()),
            Self::Nats(server) => server.run().await,
            Self::Mosquitto(server) => block_in_place(|| server.again()),
        }
    }
}
