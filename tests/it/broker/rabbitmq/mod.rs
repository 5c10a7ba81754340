//! RabbitMQ: what holds for every broker, and what is its own.

mod classic;
mod faults;
mod foreign;
mod plain;
mod raw;
mod start;
mod tls;
mod trust;

use mitto::queue::broker::rabbitmq::RabbitMq;

use super::lines::{Site, facts};
use super::relay::Relay;
use super::servers::rabbitmq::{shared, url};
use super::work::{death_facts, work_facts};

mod lines {
    use super::{facts, site};

    facts!(site());
}

mod work {
    use super::{broker, work_facts};

    work_facts!(async { std::sync::Arc::new(broker()) });
}

mod deaths {
    use super::{death_facts, site};

    death_facts!(site());
}

/// Behind a relay of its own.
async fn site() -> Site {
    let relay = Relay::to(shared().at()).await;
    let broker = RabbitMq::new(url("guest", relay.at()));
    Site::behind(relay, broker, self::broker())
}

fn broker() -> RabbitMq {
    RabbitMq::new(url("guest", shared().at()))
}
