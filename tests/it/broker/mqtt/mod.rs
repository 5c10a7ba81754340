//! MQTT: what holds for every broker, and what is its own.

mod faults;
mod foreign;
mod interop;
mod raw;
mod start;
mod trust;

use std::sync::Arc;
use std::time::Duration;

use mitto::queue::broker::mqtt::Mqtt;
use mitto::queue::broker::{Broker, BrokerError, Capabilities, Later, Line, Opening, Receiver};

use super::lines::{Site, facts};
use super::relay::Relay;
use super::servers::mosquitto::Mosquitto;
use super::work::{death_facts, work_facts};

mod plain {
    use super::{Mqtt, death_facts, facts, site, with_server, work_facts};

    facts!(site(Mqtt::new));
    work_facts!(with_server(Mqtt::new));
    death_facts!(site(Mqtt::new));
}

mod with_session {
    use super::{death_facts, facts, session, site, with_server, work_facts};

    facts!(site(session));
    work_facts!(with_server(session));
    death_facts!(site(session));
}

fn session(url: String) -> Mqtt {
    Mqtt::new(url).session("test", Duration::from_secs(600))
}

/// With a server of its own, which ends with it.
pub(super) struct Own {
    mqtt: Mqtt,
    _server: Mosquitto,
}

pub(super) async fn started() -> Mosquitto {
    let started = tokio::task::spawn_blocking(Mosquitto::start).await;
    started.expect("it starts")
}

pub(super) async fn with_server(mqtt: impl Fn(String) -> Mqtt) -> Arc<Own> {
    let server = started().await;
    Arc::new(Own {
        mqtt: mqtt(server.url()),
        _server: server,
    })
}

async fn site(mqtt: impl Fn(String) -> Mqtt) -> Site {
    let server = started().await;
    let relay = Relay::to(server.at()).await;
    let direct = mqtt(server.url());
    let mqtt = mqtt(format!("mqtt://{}", relay.at()));
    let own = Own {
        mqtt,
        _server: server,
    };
    let mut site = Site::behind(relay, own, direct);
    site.keeps_work = true;
    site.keeps_inboxes = false;
    site
}

impl Broker for Own {
    fn capabilities(&self) -> Capabilities {
        self.mqtt.capabilities()
    }

    fn open(
        &self,
        opening: Opening,
        receiver: Arc<dyn Receiver>,
    ) -> Later<Result<Arc<dyn Line>, BrokerError>> {
        self.mqtt.open(opening, receiver)
    }
}
