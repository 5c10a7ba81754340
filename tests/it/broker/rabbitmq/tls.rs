//! A connection with TLS.

use mitto::queue::broker::BrokerError;
use mitto::queue::broker::rabbitmq::RabbitMq;

use crate::broker::lines::{End, idempotent, node};
use crate::broker::servers::rabbitmq::RabbitMqServer;
use crate::transport::Authority;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_of_a_known_authority_is_trusted() {
    let authority = Authority::new();
    let (certificate, key) = authority.sign("127.0.0.1");
    let server = RabbitMqServer::with_tls(&certificate, &key);
    let url = format!("amqps://guest:guest@{}/mitto", server.at());
    let broker = RabbitMq::new(&url).authorities(authority.pem());
    let node = node("tls");
    let mut worker = End::worker(&broker, &node, 1).await;
    let gateway = End::open(&broker, "gateway").await;
    gateway
        .publish(&node, idempotent("1"))
        .await
        .expect("confirmed");
    let delivery = worker.delivered().await;
    worker.done(&delivery);

    let strangers = RabbitMq::new(&url).authorities(Authority::new().pem());
    let refused = End::try_open(&strangers.fail_fast(), "gateway").await;
    let refused = refused.err().expect("an unknown authority");
    assert!(
        matches!(refused, BrokerError::Refused { .. }),
        "{refused:?}"
    );
    let text = refused.to_string();
    assert!(!text.contains("guest:guest"), "{text}");
    assert!(text.to_lowercase().contains("certificate"), "{text}");
}
