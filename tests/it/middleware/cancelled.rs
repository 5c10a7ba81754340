//! Requests that are given up.

use std::time::Duration;

use mitto::Code;
use mitto::middleware::{Next, RequestHead, from_fn};

use super::service::{Add, Count, Log, Wait, connected, settle};

#[tokio::test(start_paused = true)]
async fn a_dropped_call_cancels_the_middleware_at_both_ends() {
    let (server_log, client_log) = (Log::default(), Log::default());
    let (s, c) = (server_log.endings(), client_log.endings());
    let (server, client) = connected(|b| b.middleware(s), |b| b.middleware(c)).await;
    let waiting = tokio::time::timeout(Duration::from_millis(10), client.wait(Wait { ms: 1_000 }));
    assert!(waiting.await.is_err());
    settle().await;
    assert_eq!(client_log.take(), ["Wait cancelled"]);
    assert_eq!(server_log.take(), ["Wait cancelled"]);
    assert_eq!(server.running(), 0);
    let mut stream = client.count(Count { to: u64::MAX }).await.expect("begins");
    assert_eq!(stream.next().await, Some(Ok(1)));
    drop(stream);
    settle().await;
    assert_eq!(client_log.take(), ["Count cancelled"]);
    assert_eq!(server_log.take(), ["Count cancelled"]);
    assert_eq!(client.peer().statistics().in_flight, 0);
    assert_eq!(client.add(Add { a: 1, b: 2 }).await, Ok(3));
}

#[tokio::test(start_paused = true)]
async fn a_passed_deadline_cancels_the_handler() {
    let (server_log, client_log) = (Log::default(), Log::default());
    let (s, c) = (server_log.endings(), client_log.endings());
    let (_server, client) = connected(|b| b.middleware(s), |b| b.middleware(c)).await;
    let late = client
        .wait(Wait { ms: 1_000 })
        .timeout(Duration::from_millis(100))
        .await;
    assert_eq!(late.expect_err("late").code(), Code::Timeout);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(client_log.take(), ["Wait timeout"]);
    assert_eq!(server_log.take(), ["Wait cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_before_it_was_sent_is_cancelled() {
    let log = Log::default();
    let holds = from_fn(|head: RequestHead, next: Next| async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        next.run(head).await
    });
    let endings = log.endings();
    let (_server, client) = connected(|s| s, |c| c.middleware(endings).middleware(holds)).await;
    let held = tokio::time::timeout(Duration::from_millis(10), client.add(Add { a: 1, b: 2 }));
    assert!(held.await.is_err());
    assert_eq!(log.take(), ["Add cancelled"]);
    assert_eq!(client.add(Add { a: 1, b: 2 }).await, Ok(3));
}

#[tokio::test(start_paused = true)]
async fn dropping_next_cancels_the_request() {
    let (log, server_log) = (Log::default(), Log::default());
    let impatient = from_fn(|head: RequestHead, next: Next| async move {
        let run = tokio::time::timeout(Duration::from_millis(50), next.run(head));
        run.await
            .map_err(|_| mitto::Status::unavailable("impatient"))?
    });
    let endings = log.endings();
    let (_server, client) = connected(|s| s.middleware(impatient).middleware(endings), |c| c).await;
    let late = client.wait(Wait { ms: 1_000 }).await;
    assert_eq!(late.expect_err("late").code(), Code::Unavailable);
    assert_eq!(log.take(), ["Wait cancelled"]);
    let (endings, s) = (log.endings(), server_log.endings());
    let (server, client) = connected(
        |b| b.middleware(s),
        |c| c.middleware(impatient).middleware(endings),
    )
    .await;
    let late = client.wait(Wait { ms: 1_000 }).await;
    assert_eq!(late.expect_err("late").code(), Code::Unavailable);
    assert_eq!(log.take(), ["Wait cancelled"]);
    settle().await;
    assert_eq!(server_log.take(), ["Wait cancelled"]);
    assert_eq!(server.running(), 0);
}
