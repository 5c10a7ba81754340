//! Through a broker: a caller and whoever answers it, both in this process.

mod body;
mod mitto;
mod nats;
mod rabbitmq;

use std::time::{SystemTime, UNIX_EPOCH};

use mitto_test_servers::nats::Server as NatsServer;
use mitto_test_servers::rabbitmq::{self as rabbitmq_server, RabbitMqServer};
use tokio::task::JoinSet;

use crate::Failure;
use crate::cell::{Broker, Ends};
use crate::echo::Echo;
use crate::load::Load;
use crate::measure::Cost;
use crate::options::Run;
use body::Raw;

pub(crate) async fn measure(run: &Run, broker: Broker, ends: Ends) -> Result<Cost, Failure> {
    let started = match run.broker {
        Some(url) => Started::Elsewhere(url.to_owned()),
        None => Started::start(broker).await,
    };
    let url = &started.url();
    match (broker, ends) {
        (Broker::Nats, Ends::Mitto) => mitto::nats(run, url).await,
        (Broker::Nats, Ends::Plain) => nats::measure::<Echo>(run, url).await,
        (Broker::Nats, Ends::Bytes) => nats::measure::<Raw>(run, url).await,
        (Broker::Nats, Ends::OneByOne) => Err("NATS acknowledges nothing".into()),
        (Broker::RabbitMq, Ends::Mitto) => mitto::rabbitmq(run, url).await,
        (Broker::RabbitMq, Ends::Plain) => rabbitmq::measure::<Echo>(run, url, true).await,
        (Broker::RabbitMq, Ends::Bytes) => rabbitmq::measure::<Raw>(run, url, true).await,
        (Broker::RabbitMq, Ends::OneByOne) => rabbitmq::measure::<Echo>(run, url, false).await,
    }
}

/// A broker, which ends with this unless it runs elsewhere.
pub(crate) enum Started {
    Elsewhere(String),
    Nats(NatsServer),
    RabbitMq(RabbitMqServer),
}

impl Started {
    pub(crate) async fn start(broker: Broker) -> Self {
        match broker {
            Broker::Nats => Self::Nats(NatsServer::start().await),
            Broker::RabbitMq => Self::RabbitMq(RabbitMqServer::start()),
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Elsewhere(url) => url.clone(),
            Self::Nats(server) => server.url(),
            Self::RabbitMq(server) => rabbitmq_server::url("guest", server.at()),
        }
    }
}

/// What deadlines are told in.
fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}

/// Measures, while these ask.
async fn measured<F>(load: &Load, senders: Vec<F>) -> Result<Cost, Failure>
where
    F: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for sender in senders {
        tasks.spawn(sender);
    }
    load.measure(tasks).await
}
