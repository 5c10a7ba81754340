//! Brokers that are not there, and those that refuse.

use std::net::TcpListener;
use std::time::Duration;

use mitto::Format;
use mitto::queue::broker::mqtt::Mqtt;
use mitto::queue::broker::{BrokerError, SendError};
use mitto::transport::tls::TlsClient;
use tokio::time::{sleep, timeout};

use super::super::lines::{End, LONG, node, request};
use super::super::relay::Relay;
use super::started;
use crate::broker::servers::mosquitto::Mosquitto;
use crate::transport::Authority;

/// `ada`, whose password is `secret`, as mosquitto writes it down.
const PASSWORDS: &str = "ada:$7$101$KRrHIgVvqib+WYrA$4xyyR/aZdIIdJPe/lIiWQja/e0mAVKQko5Rbbeil9cXQ4lCgqmOrLk9+5R6rT52nsUTva90ym0dJien7svcW7w==\n";

async fn refused(broker: Mqtt) -> BrokerError {
    let opened = End::try_open(&broker, "gateway").await;
    opened.err().expect("it is refused")
}

fn secure(authority: &Authority) -> Mosquitto {
    let (certificate, key) = authority.sign("127.0.0.1");
    let configuration = "allow_anonymous false\npassword_file FOLDER/passwords\n\
                         certfile FOLDER/certificate.pem\nkeyfile FOLDER/key.pem\n";
    let files = [
        ("passwords", PASSWORDS),
        ("certificate.pem", &*certificate),
        ("key.pem", &*key),
    ];
    Mosquitto::with(configuration, &files)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn encrypted_connection_with_a_password() {
    let authority = Authority::new();
    let server = tokio::task::block_in_place(|| secure(&authority));
    let url = |user: &str| format!("mqtts://{user}@{}", server.at());
    let broker = Mqtt::new(url("ada:secret")).tls(authority.client());
    let node = node("tls");
    let mut worker = End::worker(&broker, &node, 1).await;
    let gateway = End::open(&broker, "gateway").await;
    let large = request("a").with_body(Format::BYTES, vec![7; 1 << 20]);
    gateway.publish(&node, large).await.expect("taken");
    assert_eq!(
        worker.delivered().await.parcel.expect("a task").body.len(),
        1 << 20
    );

    for user in ["ada:s3cret", "eve:s3cret", "ada"] {
        let error = refused(Mqtt::new(url(user)).tls(authority.client())).await;
        let text = error.to_string();
        assert!(matches!(error, BrokerError::Refused { .. }), "{text}");
        assert!(text.contains("password is wrong"), "{text}");
        assert!(
            text.contains("mqtts://") && !text.contains("s3cret"),
            "{text}"
        );
    }
    // Somebody else's authority, and no encryption at all.
    let stranger = Mqtt::new(url("ada:secret")).tls(Authority::new().client());
    let error = refused(stranger).await.to_string();
    assert!(error.contains("TLS failed"), "{error}");
    let plain = Mqtt::new(format!("mqtt://{}", server.at())).fail_fast();
    refused(plain).await;
    let tls: TlsClient = authority.client();
    let plain = started().await;
    let broker = Mqtt::new(format!("mqtts://{}", plain.at())).tls(tls);
    refused(broker.fail_fast()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_mqtt_is_refused() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let at = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            use tokio::io::AsyncWriteExt;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let error = refused(Mqtt::new(format!("mqtt://ada:s3cret@{at}"))).await;
    let text = error.to_string();
    assert!(matches!(error, BrokerError::Refused { .. }), "{text}");
    assert!(text.contains("does not speak MQTT 5"), "{text}");
}

#[tokio::test]
async fn wrong_url_says_what_to_write() {
    for url in [
        "http://ada:s3cret@host/",
        "ada:s3cret@host",
        "mqtt://ada:s3cret@host:x/",
    ] {
        let error = refused(Mqtt::new(url)).await;
        let text = error.to_string();
        assert!(matches!(error, BrokerError::Url { .. }), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    }
}

#[tokio::test]
async fn absent_broker_fails_fast_where_that_is_wanted() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let at = listener.local_addr().expect("it is bound");
    drop(listener);
    let broker = Mqtt::new(format!("mqtt://ada:s3cret@{at}"));
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
    let server = started().await;
    let relay = Relay::to(server.at()).await;
    relay.sever();
    let broker = Mqtt::new(format!("mqtt://{}", relay.at()));
    let opening = tokio::spawn(async move { End::open(&broker, "gateway").await });
    while relay.taken() < 3 {
        sleep(Duration::from_millis(20)).await;
    }
    assert!(!opening.is_finished());
    relay.mend();
    let end = timeout(LONG, opening).await.expect("it ends");
    assert!(end.expect("it runs").line.is_connected());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn larger_than_the_broker_takes_is_refused() {
    let configuration = "allow_anonymous true\nmax_packet_size 100000\n";
    let server = tokio::task::block_in_place(|| Mosquitto::with(configuration, &[]));
    let broker = Mqtt::new(server.url());
    let node = node("large");
    let mut worker = End::worker(&broker, &node, 1).await;
    let gateway = End::open(&broker, "gateway").await;
    let large = request("a").with_body(Format::JSON, vec![b' '; 200_000]);
    let refused = gateway.publish(&node, large).await;
    assert_eq!(refused, Err(SendError::TooLarge(200_000)));
    gateway.publish(&node, request("b")).await.expect("taken");
    worker.delivered().await;
}

/// mosquitto says so only where it checks what may be published.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_rights_are_refused() {
    let rights = "topic readwrite mitto/inbox/#\n";
    let configuration = "allow_anonymous true\nacl_file FOLDER/rights\n";
    let files = [("rights", rights)];
    let server = tokio::task::block_in_place(|| Mosquitto::with(configuration, &files));
    let gateway = End::open(&Mqtt::new(server.url()), "gateway").await;
    let refused = gateway.publish(&node("rights"), request("a")).await;
    assert!(
        matches!(&refused, Err(SendError::Refused(why)) if why.contains("right")),
        "{refused:?}"
    );
}
