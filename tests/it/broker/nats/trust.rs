//! TLS, and who is believed.

use mitto::queue::broker::nats::Nats;
use mitto::queue::broker::{BrokerError, Key};

use super::Server;
use crate::broker::lines::{End, ada, idempotent, node, told};
use crate::transport::Authority;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_of_a_known_authority_is_trusted() {
    let authority = Authority::new();
    let (certificate, key) = authority.sign("127.0.0.1");
    let folder = std::env::temp_dir().join(format!("mitto-nats-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let [certificate, key] =
        [("certificate.pem", certificate), ("key.pem", key)].map(|(name, pem)| {
            let path = folder.join(name);
            std::fs::write(&path, pem).expect("it is written");
            path.display().to_string()
        });
    let tls = format!("tls {{ cert_file: \"{certificate}\", key_file: \"{key}\" }}");
    let server = Server::with(&tls).await;
    let url = format!("tls://{}", server.at());
    let trusting = |authority: &Authority| Nats::new(&*url).tls(authority.client());
    let broker = trusting(&authority);
    let node = node("tls");
    let mut worker = End::worker(&broker, &node, 1).await;
    let gateway = End::open(&broker, "gateway").await;
    gateway.publish(&node, idempotent("1")).await.expect("sent");
    let delivery = worker.delivered().await;
    worker.done(&delivery);

    let strangers: Nats = trusting(&Authority::new()).fail_fast();
    let refused = End::try_open(&strangers, "gateway").await;
    let refused = refused.err().expect("an unknown authority");
    assert!(
        matches!(refused, BrokerError::Refused { .. }),
        "{refused:?}"
    );
    std::fs::remove_dir_all(folder).expect("it is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn identity_is_believed_where_it_is_signed() {
    let server = Server::start().await;
    for durable in [false, true] {
        let broker = |key: Option<&str>| {
            let mut nats = Nats::new(server.url());
            if durable {
                nats = nats.durable();
            }
            match key {
                Some(key) => nats.key(Key::new(key)),
                None => nats,
            }
        };
        let node = node("signed");
        let key = Some("0123456789abcdef");
        let mut worker = End::worker(&broker(key), &node, 1).await;
        let gateway = End::open(&broker(key), "gateway").await;
        assert_eq!(told(&gateway, &mut worker, &node).await, Some(ada()));
        let other = End::open(&broker(Some("another")), "gateway").await;
        assert_eq!(told(&other, &mut worker, &node).await, None);
        let without = End::open(&broker(None), "gateway").await;
        assert_eq!(told(&without, &mut worker, &node).await, None);
        worker.close().await;
        let mut doubter = End::worker(&broker(None), &node, 1).await;
        assert_eq!(told(&gateway, &mut doubter, &node).await, None);
    }
}
