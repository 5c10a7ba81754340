//! A client of NATS that knows nothing of mitto.

use std::time::Duration;

use async_nats::{HeaderMap, Request, RequestErrorKind};
use mitto::message::MessageKind;
use mitto::queue::broker::nats::Nats;
use mitto::queue::broker::{Parcel, ParcelKind};
use mitto::{Code, Format, Status};
use tokio::time::timeout;

use super::super::lines::{End, LONG, node, request};
use super::Server;

#[tokio::test]
async fn plain_request_is_answered_by_a_worker() {
    let server = Server::start().await;
    let node = node("plain");
    let mut worker = End::worker(&Nats::new(server.url()), &node, 4).await;
    let client = async_nats::connect(server.url())
        .await
        .expect("it is there");
    let mut headers = HeaderMap::new();
    headers.insert("mitto-type", "FindOrder");
    headers.insert("Content-Type", "application/json");
    headers.insert("Trace", "a%0Ab");
    let asked = Request::new()
        .headers(headers)
        .payload(r#"{"id":7}"#.into());
    let subject = format!("mitto.{}", node.joined('.'));
    let answer = tokio::spawn(async move { client.send_request(subject, asked).await });

    let delivery = worker.delivered().await;
    let parcel = delivery.parcel.clone().expect("a task");
    let task = parcel.task().expect("a task");
    assert_eq!(
        (&*task.name, task.kind),
        ("FindOrder", MessageKind::Request)
    );
    assert_eq!(task.metadata.get("trace"), Some("a\nb"));
    assert_eq!(parcel.format, Some(Format::JSON));
    assert_eq!(parcel.body, br#"{"id":7}"#);
    let reply_to = parcel.reply_to.expect("a place for the answer");
    let response = Parcel::new(ParcelKind::Response, parcel.correlation);
    let response = response.with_body(Format::JSON, br#"{"found":true}"#.to_vec());
    worker.send(&reply_to, response).await;
    worker.done(&delivery);

    let answer = timeout(LONG, answer)
        .await
        .expect("it ends")
        .expect("it runs");
    let answer = answer.expect("an answer");
    assert_eq!(&*answer.payload, br#"{"found":true}"#);
    let headers = answer.headers.expect("headers");
    let format = headers.get("content-type").expect("a format");
    assert_eq!(format.as_str(), "application/json");
}

#[tokio::test]
async fn failure_has_its_status_in_a_header() {
    let server = Server::start().await;
    let node = node("plain");
    let mut worker = End::worker(&Nats::new(server.url()), &node, 4).await;
    let client = async_nats::connect(server.url())
        .await
        .expect("it is there");
    let mut headers = HeaderMap::new();
    headers.insert("mitto-type", "FindOrder");
    let subject = format!("mitto.{}", node.joined('.'));
    let answer = tokio::spawn(async move {
        let answer = client.request_with_headers(subject, headers, "{}".into());
        answer_of(answer.await.expect("an answer"))
    });
    let parcel = worker.delivered().await.parcel.expect("a task");
    let reply_to = parcel.reply_to.expect("a place for the answer");
    let status = Status::new(Code::NotFound, "no such order");
    let failed = Parcel::new(ParcelKind::Status(status), parcel.correlation);
    worker.send(&reply_to, failed).await;
    let (code, text) = answer.await.expect("it runs");
    assert_eq!(code, u16::from(Code::NotFound).to_string());
    assert_eq!(text, "no such order");
}

fn answer_of(answer: async_nats::Message) -> (String, String) {
    let headers = answer.headers.expect("headers");
    let code = headers.get("mitto-status").expect("a code").to_string();
    (code, String::from_utf8_lossy(&answer.payload).into_owned())
}

#[tokio::test]
async fn plain_worker_answers_a_gateway() {
    let server = Server::start().await;
    let node = node("plain");
    let mut gateway = End::open(&Nats::new(server.url()), "gateway").await;
    let client = async_nats::connect(server.url())
        .await
        .expect("it is there");
    let subject = format!("mitto.{}", node.joined('.'));
    let subscriber = client.queue_subscribe(subject, "workers".to_owned()).await;
    let mut subscriber = subscriber.expect("it subscribes");
    // What answers this has handled what was sent before.
    let nobody = client.request("nobody.is.here", "".into()).await;
    nobody.expect_err("nobody is there");
    let worker = tokio::spawn(async move {
        let asked = futures_util::StreamExt::next(&mut subscriber).await;
        let reply = asked.expect("a request").reply.expect("a reply place");
        let answered = client.publish(reply, "[1]".into()).await;
        answered.expect("it is sent");
        client.flush().await.expect("it is sent");
    });
    let mut asked = request("x");
    asked.correlation = "12.7".into();
    asked.reply_to = Some(gateway.line.inbox());
    gateway.publish(&node, asked).await.expect("taken");
    let answer = gateway.received().await;
    assert_eq!(
        (&*answer.correlation, answer.kind),
        ("12.7", ParcelKind::Response)
    );
    assert_eq!(
        (answer.format, answer.body),
        (Some(Format::JSON), b"[1]".to_vec())
    );
    worker.await.expect("it runs");
}

#[tokio::test]
async fn reply_place_that_is_no_inbox_is_not_answered() {
    let server = Server::start().await;
    let node = node("plain");
    let mut worker = End::worker(&Nats::new(server.url()), &node, 4).await;
    let client = async_nats::connect(server.url())
        .await
        .expect("it is there");
    for place in [
        "mitto.shop.orders",
        "$JS.API.STREAM.DELETE.x",
        "mitto.inbox.a.>",
    ] {
        let mut headers = HeaderMap::new();
        headers.insert("mitto-type", "FindOrder");
        headers.insert("mitto-reply-to", place);
        let subject = format!("mitto.{}", node.joined('.'));
        let sent = client.publish_with_headers(subject, headers, "{}".into());
        sent.await.expect("it is sent");
        let delivery = worker.delivered().await;
        let error = delivery.parcel.clone().expect_err("nobody answers there");
        assert!(error.to_string().contains("reply place"), "{error}");
        worker.done(&delivery);
    }
}

#[tokio::test]
async fn plain_request_without_a_worker_fails_at_once() {
    let server = Server::start().await;
    let node = node("plain");
    End::worker(&Nats::new(server.url()), &node, 4)
        .await
        .close()
        .await;
    let client = async_nats::connect(server.url())
        .await
        .expect("it is there");
    let subject = format!("mitto.{}", node.joined('.'));
    let asked = timeout(Duration::from_secs(5), client.request(subject, "{}".into()));
    let refused = asked.await.expect("at once").expect_err("nobody is there");
    assert_eq!(refused.kind(), RequestErrorKind::NoResponders);
}
