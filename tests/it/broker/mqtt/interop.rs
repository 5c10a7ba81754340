//! Plain MQTT clients, in Python: as callers and as workers.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use mitto::message::MessageKind;
use mitto::queue::broker::mqtt::Mqtt;
use mitto::queue::broker::{Parcel, ParcelKind, SendError, Task};
use mitto::{Format, Metadata};
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};

use super::super::lines::{End, LONG, node};
use super::started;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_client_calls() {
    let server = started().await;
    let node = node("called");
    let mut worker = End::worker(&Mqtt::new(server.url()), &node, 1).await;
    let client = tokio::spawn(python("call", server.at().port(), node.to_string()));
    let delivery = worker.delivered().await;
    let parcel = delivery.parcel.clone().expect("a task");
    let task = parcel.task().expect("a task");
    assert_eq!((&*task.name, task.kind), ("Ping", MessageKind::Request));
    assert_eq!(task.metadata.get("tenant"), Some("north"));
    assert_eq!(parcel.body, b"{\"n\": 41}");
    let answer = Parcel::new(ParcelKind::Response, parcel.correlation.clone());
    let answer = answer.with_body(Format::JSON, b"{\"n\":42}".to_vec());
    worker
        .send(&parcel.reply_to.expect("a place"), answer)
        .await;
    worker.done(&delivery);
    client.await.expect("it runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_client_works() {
    let server = started().await;
    let node = node("works");
    let mut gateway = End::open(&Mqtt::new(server.url()), "gateway").await;
    let client = tokio::spawn(python("work", server.at().port(), node.to_string()));
    let mut task = Task::new("Ping", MessageKind::Request);
    task.id = "id-7".into();
    task.idempotent = true;
    task.deadline = Some(Instant::now() + Duration::from_secs(60));
    task.address = Some("chat/eu/ping".try_into().expect("an address"));
    task.metadata = Metadata::from_iter([("k", "żółć"), ("twice", "1"), ("twice", "2")]);
    let parcel = Parcel::new(ParcelKind::Task(Box::new(task)), "7:42".into())
        .with_body(Format::JSON, b"{\"n\":41}".to_vec())
        .from_inbox(&gateway.line.inbox());
    let published = async {
        while let Err(error) = gateway.publish(&node, parcel.clone()).await {
            assert!(matches!(error, SendError::Nobody(_)), "{error}");
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(LONG, published).await.expect("it takes work");
    client.await.expect("it runs");
    let answer = gateway.received().await;
    assert_eq!(
        (answer.kind, &*answer.correlation),
        (ParcelKind::Response, "7:42")
    );
    assert_eq!(answer.body, b"{\"n\": 42}");
}

/// Runs one part of the client to its end.
async fn python(part: &'static str, port: u16, node: String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
    let own = folder.join("env/bin/python");
    let python = if own.exists() { own } else { "python3".into() };
    let output = Command::new(python)
        .arg(folder.join("mqtt.py"))
        .args([part, &port.to_string(), &node])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("python3: run the tests with `tests/run`, which says what is missing");
    let told = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}{failed}");
}
