//! What is wrong at the start.

use std::net::TcpListener;
use std::time::Duration;

use mitto::queue::broker::rabbitmq::RabbitMq;
use mitto::queue::broker::{Broker, BrokerError};
use tokio::time::{sleep, timeout};

use super::broker;
use crate::broker::lines::{End, LONG};
use crate::broker::relay::Relay;
use crate::broker::servers::rabbitmq::{shared, url};

async fn refused(broker: RabbitMq) -> BrokerError {
    match End::try_open(&broker, "gateway").await {
        Ok(_) => panic!("it is not to be opened"),
        Err(error) => error,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_credentials_are_refused_without_their_password() {
    let at = shared().at();
    let error = refused(RabbitMq::new(format!("amqp://guest:wr0ng@{at}/mitto"))).await;
    let text = error.to_string();
    assert!(matches!(error, BrokerError::Refused { .. }), "{text}");
    assert!(
        text.contains(&format!("amqp://guest:***@{at}/mitto")),
        "{text}"
    );
    assert!(
        text.contains("ACCESS_REFUSED") && !text.contains("wr0ng"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_virtual_host_is_refused() {
    let at = shared().at();
    let error = refused(RabbitMq::new(format!("amqp://guest:guest@{at}/nowhere"))).await;
    let text = error.to_string();
    assert!(matches!(error, BrokerError::Refused { .. }), "{text}");
    assert!(
        text.contains("nowhere") && !text.contains("guest:guest"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_rights_are_refused() {
    let error = refused(RabbitMq::new(url("other", shared().at()))).await;
    let text = error.to_string();
    assert!(matches!(error, BrokerError::Refused { .. }), "{text}");
    assert!(text.contains("mitto.topics"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_url_says_what_to_write() {
    for url in [
        "http://guest:s3cret@host/",
        "guest:s3cret@host",
        "amqp://guest:s3cret@host:x/",
    ] {
        let error = refused(RabbitMq::new(url)).await;
        let text = error.to_string();
        assert!(matches!(error, BrokerError::Url { .. }), "{text}");
        assert!(
            text.contains("amqp://") && !text.contains("s3cret"),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn absent_broker_fails_fast_where_that_is_wanted() {
    let port = free_port();
    let broker = RabbitMq::new(format!("amqp://guest:s3cret@127.0.0.1:{port}"));
    let error = refused(broker.clone().fail_fast()).await;
    let text = error.to_string();
    assert!(matches!(error, BrokerError::Unreachable { .. }), "{text}");
    assert!(
        text.contains("refused") && !text.contains("s3cret"),
        "{text}"
    );
    assert!(!format!("{broker:?}").contains("s3cret"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn absent_broker_is_waited_for() {
    let relay = Relay::to(shared().at()).await;
    relay.sever();
    let broker = RabbitMq::new(url("guest", relay.at()));
    let opening = tokio::spawn(async move { End::open(&broker, "gateway").await });
    while relay.taken() < 3 {
        sleep(Duration::from_millis(20)).await;
    }
    assert!(!opening.is_finished());
    relay.mend();
    let end = timeout(LONG, opening)
        .await
        .expect("it ends")
        .expect("it runs");
    assert!(end.line.is_connected());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inbox_is_named_for_its_purpose_and_is_taken_away() {
    let end = End::open(&broker(), "gateway").await;
    let inbox = end.line.inbox();
    assert!(inbox.starts_with("mitto.inbox.gateway."), "{inbox}");
    let queues = shared().control(&["list_queues", "-p", "mitto", "name", "durable", "arguments"]);
    let own = queues
        .lines()
        .find(|line| line.contains(&*inbox))
        .expect("it is there");
    assert!(own.contains("true") && own.contains("300000"), "{own}");
    end.close().await;
    let queues = shared().control(&["list_queues", "-p", "mitto", "name"]);
    assert!(!queues.contains(&*inbox));
    let _: Box<dyn Broker> = Box::new(broker());
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it is bound").port()
}
