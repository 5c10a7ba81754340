//! Servers that cannot be used, and how that is said.

use std::time::Duration;

use mitto::queue::broker::BrokerError;
use mitto::queue::broker::nats::Nats;
use serde_json::{Value, json};

use super::super::lines::{End, node};
use super::Server;

async fn error(broker: Nats) -> BrokerError {
    let opened = End::try_open(&broker, "gateway").await;
    opened.err().expect("it cannot be used")
}

#[tokio::test]
async fn absent_server_is_named() {
    let at = {
        let server = Server::start().await;
        server.at()
    };
    let broker = Nats::new(format!("nats://ada:s3cret@{at}")).fail_fast();
    assert!(!format!("{broker:?}").contains("s3cret"));
    let error = error(broker).await;
    assert!(
        matches!(error, BrokerError::Unreachable { .. }),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(text.contains(&format!("`nats://ada@{at}`")), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
}

#[tokio::test]
async fn absent_server_is_waited_for() {
    let mut server = Server::start().await;
    server.kill();
    let broker = Nats::new(server.url());
    let opening = tokio::spawn(async move { End::open(&broker, "gateway").await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!opening.is_finished());
    server.run().await;
    let end = opening.await.expect("it runs");
    assert!(end.line.is_connected());
}

#[tokio::test]
async fn login_is_taken_from_the_url_or_said() {
    let server = Server::with("authorization { user: ada, password: \"p@ss\" }").await;
    let at = server.at();
    for broker in [
        Nats::new(format!("nats://ada:p%40ss@{at}")),
        Nats::new(server.url()).user_password("ada", "p@ss"),
    ] {
        End::open(&broker, "gateway").await.close().await;
    }
    for broker in [
        Nats::new(server.url()),
        Nats::new(format!("nats://ada:wrong@{at}")),
        Nats::new(server.url()).token("p@ss"),
    ] {
        let error = error(broker).await;
        assert!(matches!(error, BrokerError::Refused { .. }), "{error:?}");
        assert!(!error.to_string().contains("wrong"), "{error}");
    }
    let server = Server::with("authorization { token: s3cret }").await;
    let broker = Nats::new(format!("nats://s3cret@{}", server.at()));
    End::open(&broker, "gateway").await.close().await;
}

#[tokio::test]
async fn missing_jetstream_is_said() {
    let server = Server::with("").await;
    End::open(&Nats::new(server.url()), "gateway").await;
    let error = error(Nats::new(server.url()).durable()).await;
    let text = error.to_string();
    assert!(matches!(error, BrokerError::Unsupported(_)), "{error:?}");
    assert!(
        text.contains("-js") && text.contains(&server.url()),
        "{text}"
    );
}

#[tokio::test]
async fn other_urls_are_refused() {
    for url in [
        "amqp://127.0.0.1",
        "127.0.0.1:4222",
        "nats://",
        "nats://a/b",
    ] {
        let error = error(Nats::new(url)).await;
        assert!(matches!(error, BrokerError::Url { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn what_does_not_speak_nats_is_refused() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a free port");
    let at = listener.local_addr().expect("it is bound");
    let task = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            use tokio::io::AsyncWriteExt;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let error = error(Nats::new(format!("nats://{at}"))).await;
    assert!(matches!(error, BrokerError::Refused { .. }), "{error:?}");
    task.abort();
}

#[tokio::test]
async fn stream_that_was_set_up_otherwise_is_said() {
    let server = Server::start().await;
    let broker = Nats::new(server.url()).durable();
    let worker = End::open(&broker, "worker").await;

    let kept = node("kept");
    let subject = format!("mitto.{}", kept.joined('.'));
    let name = format!("MITTO_TASKS_{}", kept.joined('+'));
    make(&server, &name, &subject, "limits").await;
    let error = worker
        .line
        .take_work(&kept, 1)
        .await
        .expect_err("another retention");
    assert!(
        matches!(&error, BrokerError::Different { queue, .. } if *queue == name),
        "{error:?}"
    );
    assert!(error.to_string().contains("retention"), "{error}");

    let taken = node("taken");
    let subject = format!("mitto.{}", taken.joined('.'));
    make(&server, "OTHER", &subject, "limits").await;
    let error = worker
        .line
        .take_work(&taken, 1)
        .await
        .expect_err("another stream");
    assert!(matches!(error, BrokerError::Different { .. }), "{error:?}");
    assert!(error.to_string().contains(&subject), "{error}");

    // Its limits are the operator's.
    let own = node("own");
    let subject = format!("mitto.{}", own.joined('.'));
    let name = format!("MITTO_TASKS_{}", own.joined('+'));
    make(&server, &name, &subject, "workqueue").await;
    worker.take_work(&own, 1).await;
}

async fn make(server: &Server, name: &str, subject: &str, retention: &str) {
    let client = async_nats::connect(server.url())
        .await
        .expect("it is there");
    let wanted = json!({
        "name": name,
        "subjects": [subject],
        "retention": retention,
        "storage": "memory",
        "max_consumers": -1,
        "max_msgs": 100,
        "max_bytes": -1,
        "num_replicas": 1,
        "discard": "new",
    });
    let make = format!("$JS.API.STREAM.CREATE.{name}");
    let made = client.request(make, wanted.to_string().into()).await;
    let made: Value = serde_json::from_slice(&made.expect("an answer").payload).expect("JSON");
    assert!(made["error"].is_null(), "{made}");
}
