//! NATS: what holds for every broker, and what is its own.

mod plain;
mod refused;
mod server;

use mitto::queue::broker::nats::Nats;

use super::lines::Site;
use super::relay::Relay;
use super::servers::nats::Server;

/// What a test has a server for, which ends with it.
async fn site(broker: impl Fn(String) -> Nats) -> Site {
    let server = Server::start().await;
    let relay = Relay::to(server.at()).await;
    let broker = broker(format!("nats://{}", relay.at()));
    let mut site = Site::behind(relay, broker);
    site.keeps_work = true;
    site.keep = Some(Box::new(server));
    site
}

mod core {
    super::super::lines::facts!(super::site(super::Nats::new));
}

mod durable {
    super::super::lines::facts!(super::site(|url| super::Nats::new(url).durable()));
}
