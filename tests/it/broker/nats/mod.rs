//! NATS: what holds for every broker, and what is its own.

mod killed;
mod plain;
mod refused;
mod server;
mod trust;

use std::sync::Arc;

use mitto::queue::broker::nats::Nats;
use mitto::queue::broker::{Broker, BrokerError, Capabilities, Later, Line, Opening, Receiver};

use super::lines::{Site, facts};
use super::relay::Relay;
use super::servers::nats::Server;
use super::work::{death_facts, work_facts};

mod core {
    use super::{Nats, death_facts, facts, site, with_server, work_facts};

    facts!(site(Nats::new));
    work_facts!(with_server(Nats::new));
    death_facts!(site(Nats::new));
}

mod durable {
    use super::{Nats, death_facts, facts, site, with_server, work_facts};

    facts!(site(|url| Nats::new(url).durable()));
    work_facts!(with_server(|url| Nats::new(url).durable()));
    death_facts!(site(|url| Nats::new(url).durable()));
}

/// With a server of its own, which ends with it.
pub(super) struct Own {
    nats: Nats,
    _server: Server,
}

pub(super) async fn with_server(nats: impl Fn(String) -> Nats) -> Arc<Own> {
    let server = Server::start().await;
    Arc::new(Own {
        nats: nats(server.url()),
        _server: server,
    })
}

async fn site(nats: impl Fn(String) -> Nats) -> Site {
    let server = Server::start().await;
    let relay = Relay::to(server.at()).await;
    let direct = nats(server.url());
    let nats = nats(format!("nats://{}", relay.at()));
    let own = Own {
        nats,
        _server: server,
    };
    let mut site = Site::behind(relay, own, direct);
    site.keeps_work = true;
    site.keeps_inboxes = false;
    site
}

impl Broker for Own {
    fn capabilities(&self) -> Capabilities {
        self.nats.capabilities()
    }

    fn open(
        &self,
        opening: Opening,
        receiver: Arc<dyn Receiver>,
    ) -> Later<Result<Arc<dyn Line>, BrokerError>> {
        self.nats.open(opening, receiver)
    }
}
