//! Servers that are killed, and limits that are reached.

use std::time::Duration;

use mitto::message::MessageKind;
use mitto::queue::broker::nats::Nats;
use mitto::queue::broker::{Parcel, ParcelKind, SendError, Task};
use mitto::{Code, Format};
use tokio::time::{sleep, timeout};

use super::super::lines::{End, LONG, idempotent, node, request};
use super::super::relay::Relay;
use super::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confirmed_tasks_outlive_the_server() {
    let mut server = Server::start().await;
    let broker = Nats::new(server.url()).durable();
    let node = node("outlive");
    End::worker(&broker, &node, 1).await.close().await;
    let mut gateway = End::open(&broker, "gateway").await;
    for id in 0..20 {
        let task = request(&id.to_string());
        gateway.publish(&node, task).await.expect("confirmed");
    }
    server.kill();
    gateway.connected(false).await;
    server.run().await;
    let mut worker = End::worker(&broker, &node, 4).await;
    for id in 0..20 {
        let delivery = worker.delivered().await;
        let parcel = delivery.parcel.clone().expect("a task");
        assert_eq!(parcel.correlation.as_ref(), id.to_string());
        worker.done(&delivery);
    }
    worker.rests().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_goes_on_after_the_server_was_killed() {
    for durable in [false, true] {
        let mut server = Server::start().await;
        let broker = match durable {
            true => Nats::new(server.url()).durable(),
            false => Nats::new(server.url()),
        };
        let node = node("again");
        let mut worker = End::worker(&broker, &node, 4).await;
        let mut gateway = End::open(&broker, "gateway").await;
        for _ in 0..2 {
            server.kill();
            gateway.connected(false).await;
            worker.connected(false).await;
            server.run().await;
            gateway.connected(true).await;
            worker.connected(true).await;
            let publishing = tokio::spawn(gateway.line.publish(&node, idempotent("a")));
            let delivery = worker.delivered().await;
            worker.done(&delivery);
            let published = timeout(LONG, publishing).await.expect("it ends");
            published.expect("it runs").expect("taken");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn task_that_waits_at_its_worker_outlives_the_server() {
    let mut server = Server::start().await;
    let broker = Nats::new(server.url());
    let node = node("waits");
    let mut worker = End::worker(&broker, &node, 1).await;
    let gateway = End::open(&broker, "gateway").await;
    for id in ["a", "b"] {
        gateway.publish(&node, request(id)).await.expect("taken");
    }
    let first = worker.delivered().await;
    worker.connected(true).await;
    server.kill();
    worker.connected(false).await;
    worker.done(&first);
    let second = worker.delivered().await.parcel.expect("a task");
    assert_eq!(second.correlation.as_ref(), "b");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unconfirmed_task_is_lost_or_sent_again() {
    let mut server = Server::start().await;
    let broker = Nats::new(server.url()).durable();
    let node = node("unconfirmed");
    let mut worker = End::worker(&broker, &node, 100).await;
    let gateway = End::open(&broker, "gateway").await;
    let mut publishing = Vec::new();
    for id in 0..40 {
        let id = id.to_string();
        publishing.push(tokio::spawn(gateway.line.publish(&node, request(&id))));
        let id = format!("i{id}");
        publishing.push(tokio::spawn(gateway.line.publish(&node, idempotent(&id))));
    }
    server.kill();
    server.run().await;
    let mut confirmed = 0;
    for (n, published) in publishing.into_iter().enumerate() {
        let published = timeout(LONG, published).await.expect("it ends");
        match published.expect("it runs") {
            Ok(()) => confirmed += 1,
            Err(error) => assert_eq!((n % 2, error), (0, SendError::Lost)),
        }
    }
    assert!(confirmed >= 40, "{confirmed}");
    for _ in 0..confirmed {
        worker.delivered().await;
    }
}

#[tokio::test]
async fn message_id_of_another_client_is_the_id_of_the_task() {
    let server = Server::start().await;
    let broker = Nats::new(server.url()).durable();
    let node = node("once");
    let mut worker = End::worker(&broker, &node, 4).await;
    let client = async_nats::connect(server.url())
        .await
        .expect("it is there");
    for _ in 0..2 {
        let mut headers = async_nats::HeaderMap::new();
        headers.insert("mitto-type", "FindOrder");
        headers.insert("Nats-Msg-Id", "order-7");
        let subject = format!("mitto.{}", node.joined('.'));
        let stored = client.request_with_headers(subject, headers, "{}".into());
        stored.await.expect("it is stored");
    }
    let delivery = worker.delivered().await;
    let parcel = delivery.parcel.clone().expect("a task");
    assert_eq!(&*parcel.task().expect("a task").id, "order-7");
    worker.done(&delivery);
    // The stream has left out the second.
    worker.rests().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_task_is_not_delivered_again() {
    let server = Server::start().await;
    let broker = Nats::new(server.url()).durable();
    let node = node("held");
    let mut worker = End::worker(&broker, &node, 4).await;
    let mut other = End::worker(&broker, &node, 0).await;
    let gateway = End::open(&broker, "gateway").await;
    gateway.publish(&node, request("a")).await.expect("taken");
    let delivery = worker.delivered().await;
    other.take_work(&node, 4).await;
    // Longer than JetStream waits for a sign of life.
    sleep(Duration::from_secs(7)).await;
    worker.done(&delivery);
    other.rests().await;
    worker.rests().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn task_is_kept_over_a_short_loss() {
    let server = Server::start().await;
    let relay = Relay::to(server.at()).await;
    let broker = Nats::new(format!("nats://{}", relay.at())).durable();
    let node = node("kept");
    let mut worker = End::worker(&broker, &node, 4).await;
    let gateway = End::open(&broker, "gateway").await;
    for id in ["a", "b"] {
        gateway.publish(&node, request(id)).await.expect("taken");
    }
    let (done, kept) = (worker.delivered().await, worker.delivered().await);
    worker.connected(true).await;
    relay.cut();
    worker.connected(false).await;
    worker.connected(true).await;
    worker.done(&done);
    sleep(Duration::from_secs(7)).await;
    worker.rests().await;
    // Without sign of life it goes to another.
    drop(worker);
    let mut next = End::worker(&broker, &node, 4).await;
    let again = next.delivered().await;
    assert_eq!(again.attempt, 2);
    let parcel = again.parcel.expect("a task");
    let first = kept.parcel.expect("a task");
    assert_eq!(parcel.correlation, first.correlation);
    next.rests().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn worker_that_is_behind_refuses() {
    let server = Server::start().await;
    let broker = Nats::new(server.url());
    let node = node("behind");
    let mut worker = End::worker(&broker, &node, 1).await;
    let mut gateway = End::open(&broker, "gateway").await;
    let inbox = gateway.line.inbox();
    for n in 0..1200 {
        let mut task = request(&format!("{n}.0"));
        task.reply_to = Some(inbox.clone());
        gateway.publish(&node, task).await.expect("taken");
    }
    // One is worked on and 1,024 wait.
    for n in 1025..1200 {
        let refused = gateway.received().await;
        assert_eq!(refused.correlation.as_ref(), format!("{n}.0"));
        let ParcelKind::Status(status) = refused.kind else {
            panic!("{refused:?}");
        };
        assert_eq!(status.code(), Code::Busy);
    }
    for n in 0..1025 {
        let delivery = worker.delivered().await;
        let parcel = delivery.parcel.as_ref().expect("a task");
        assert_eq!(parcel.correlation.as_ref(), format!("{n}.0"));
        worker.done(&delivery);
    }
    worker.rests().await;
}

#[tokio::test]
async fn waiting_tasks_go_to_another_worker_when_one_stops() {
    let server = Server::start().await;
    let broker = Nats::new(server.url());
    let node = node("stops");
    let mut worker = End::worker(&broker, &node, 1).await;
    let mut gateway = End::open(&broker, "gateway").await;
    for n in 0..10 {
        let mut task = request(&format!("{n}.0"));
        task.reply_to = Some(gateway.line.inbox());
        gateway.publish(&node, task).await.expect("taken");
    }
    worker.delivered().await;
    let mut other = End::worker(&broker, &node, 100).await;
    worker.take_work(&node, 0).await;
    for _ in 1..10 {
        let delivery = other.delivered().await;
        other.done(&delivery);
    }
    other.close().await;

    // Where there is no other, their callers are told.
    worker.take_work(&node, 2).await;
    for n in 10..13 {
        let mut task = request(&format!("{n}.0"));
        task.reply_to = Some(gateway.line.inbox());
        gateway.publish(&node, task).await.expect("taken");
    }
    worker.delivered().await;
    worker.take_work(&node, 0).await;
    for _ in 11..13 {
        let told = gateway.received().await;
        let ParcelKind::Status(status) = told.kind else {
            panic!("{told:?}");
        };
        assert_eq!(status.code(), Code::Unavailable);
    }
}

#[tokio::test]
async fn larger_than_the_server_takes_is_refused() {
    let server = Server::start().await;
    for broker in [Nats::new(server.url()), Nats::new(server.url()).durable()] {
        let node = node("large");
        let mut worker = End::worker(&broker, &node, 1).await;
        let gateway = End::open(&broker, "gateway").await;
        let large = vec![b' '; 3 << 20];
        let task = request("a").with_body(Format::JSON, large.clone());
        let refused = gateway.publish(&node, task).await;
        assert_eq!(refused, Err(SendError::TooLarge(3 << 20)));
        let answer = Parcel::new(ParcelKind::Response, "1.1".into());
        let answer = answer.with_body(Format::JSON, large);
        let refused = worker.line.send(&gateway.line.inbox(), answer).await;
        assert_eq!(refused, Err(SendError::TooLarge(3 << 20)));
        gateway.publish(&node, request("b")).await.expect("taken");
        worker.delivered().await;
    }
}

#[tokio::test]
async fn stream_that_is_deleted_is_made_again() {
    let server = Server::start().await;
    let broker = Nats::new(server.url()).durable();
    let node = node("deleted");
    let mut worker = End::worker(&broker, &node, 4).await;
    let gateway = End::open(&broker, "gateway").await;
    let client = async_nats::connect(server.url())
        .await
        .expect("it is there");
    let delete = format!("$JS.API.STREAM.DELETE.MITTO_TASKS_{}", node.joined('+'));
    client.request(delete, "".into()).await.expect("an answer");
    // It takes tasks for a moment, which are lost with it.
    sleep(Duration::from_secs(1)).await;
    let published = async {
        while let Err(error) = gateway.publish(&node, request("a")).await {
            // Refused while it is being deleted.
            let is_gone = matches!(error, SendError::Nobody(_) | SendError::Refused(_));
            assert!(is_gone, "{error}");
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(LONG, published).await.expect("it is made again");
    let delivery = worker.delivered().await;
    worker.done(&delivery);
}

#[tokio::test]
async fn what_was_sent_last_is_written_when_its_line_has_ended() {
    const MESSAGES: usize = 200;
    let server = Server::start().await;
    let broker = Nats::new(server.url());
    let node = node("last");
    let mut worker = End::worker(&broker, &node, 4).await;
    let mut gateway = End::open(&broker, "gateway").await;
    gateway.line.listen("news").await.expect("it listens");
    // Whoever has more to do than one request gathers what it sends.
    for id in ["a", "b"] {
        gateway.publish(&node, request(id)).await.expect("taken");
        worker.delivered().await;
    }
    for n in 0..MESSAGES {
        let task = Task::new("Said", MessageKind::Notification);
        let said = Parcel::new(ParcelKind::Published(Box::new(task)), "".into());
        let said = said.with_body(Format::JSON, n.to_string().into());
        let said = worker.line.publish_to("news", said);
        said.await.expect("sent");
    }
    drop(worker);
    for n in 0..MESSAGES {
        let (_, said) = gateway.heard().await;
        assert_eq!(said.body, n.to_string().into_bytes());
    }
}
