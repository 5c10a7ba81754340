//! How a client comes back, and how it gives up.

use std::sync::Arc;
use std::time::Duration;

use mitto::Code;
use mitto::client::Reconnect;
use mitto::peer::ConnectionState;
use tokio::time::Instant;

use super::net::Net;
use super::service::*;
use super::site::*;

const LIMITS: [u64; 8] = [100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000];

/// The waits before each of some attempts.
async fn waits(site: &mut Site) -> Vec<Duration> {
    let reconnect = Reconnect::default().max(Duration::from_secs(2));
    let builder = site.builder().reconnect(reconnect);
    let client = builder.connect(&site.url).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    site.crash().await;
    until(&client, connecting).await;
    let lost = Instant::now();
    while site.net.dials.lock().unwrap().len() <= LIMITS.len() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut dials: Vec<_> = site.net.dials.lock().unwrap().drain(..).collect();
    dials[0] = lost;
    dials.windows(2).map(|two| two[1] - two[0]).collect()
}

#[tokio::test]
async fn waits_are_random_below_a_limit_that_doubles() {
    let mut site = Site::paused().await;
    let mut sums = Vec::new();
    for _ in 0..20 {
        let waits = waits(&mut site).await;
        for (wait, limit) in waits.iter().zip(LIMITS) {
            // The clock of paused time counts milliseconds.
            assert!(*wait <= Duration::from_millis(limit + 2), "{waits:?}");
        }
        sums.push(waits.iter().sum::<Duration>());
        site.start().await;
    }
    sums.sort_unstable();
    sums.dedup();
    assert!(sums.len() > 15, "they come back together: {sums:?}");
    let mean = sums.iter().sum::<Duration>() / sums.len() as u32;
    assert!((3_500..5_600).contains(&mean.as_millis()), "{mean:?}");
}

#[tokio::test]
async fn server_that_drops_every_connection_is_not_asked_without_end() {
    let site = Site::paused().await;
    let client = site.client().await;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        for peer in site.handle().peers().list() {
            peer.close();
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let dials = site.net.dials.lock().unwrap().len();
    assert!(dials < 40, "{dials} connections in a minute");
    drop(client);
}

#[tokio::test]
async fn used_up_attempts_end_everything() {
    let mut site = Site::paused().await;
    let builder = site.builder().reconnect(Reconnect::default().attempts(3));
    let client = builder.connect(&site.url).await.unwrap();
    let [put, note, sent] = [client.clone(), client.clone(), client.clone()];
    let sent = tokio::spawn(async move { sent.slow_get(SlowGet { key: 3 }).await });
    site.desk.book.until_run(3, 1).await;
    site.crash().await;
    until(&client, connecting).await;
    let put = tokio::spawn(async move { put.put(Put { key: 1 }).await });
    let note = tokio::spawn(async move { note.note(Note { key: 1 }).await });
    client.peer().closed().await;
    assert_eq!(site.net.dials.lock().unwrap().len(), 4);
    let text =
        "no connection after 3 attempts, given up: unavailable: nothing listens at net://desk";
    for status in [
        put.await.unwrap().unwrap_err(),
        note.await.unwrap().unwrap_err(),
        client.get(Get { key: 1 }).await.unwrap_err(),
    ] {
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().starts_with(text), "{status}");
        assert_eq!(client.peer().state(), ConnectionState::Closed(status));
    }
    // That one may have run.
    let status = sent.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost);
    assert!(status.message().contains(text), "{status}");
    assert_eq!(client.peer().statistics(), Default::default());
    // It does not come back.
    site.start().await;
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert!(!client.peer().is_connected());
}

#[tokio::test]
async fn close_ends_the_task_while_it_connects() {
    let mut site = Site::paused().await;
    let client = site.client().await;
    site.crash().await;
    until(&client, connecting).await;
    let caller = client.clone();
    let call = tokio::spawn(async move { caller.put(Put { key: 1 }).await });
    tokio::time::sleep(Duration::from_secs(5)).await;
    client.peer().close();
    client.peer().closed().await;
    let status = call.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost, "{status}");
    assert_eq!(status.message(), "the connection was closed");
    until_forgotten(&site.net).await;
    assert!(client.peer().state().is_closed());
}

#[tokio::test]
async fn last_handle_ends_the_task() {
    let mut site = Site::paused().await;
    let client = site.client().await;
    let watcher = client.clone();
    let mut states = client.peer().states();
    drop(client);
    assert_eq!(watcher.get(Get { key: 1 }).await, Ok(1));
    drop(watcher);
    while states.changed().await.is_some() {}
    assert!(states.current().is_closed());
    until_forgotten(&site.net).await;

    let client = site.client().await;
    site.crash().await;
    until(&client, connecting).await;
    drop(client);
    until_forgotten(&site.net).await;
}

#[tokio::test]
async fn last_handle_lets_what_runs_finish() {
    let site = Site::paused().await;
    let client = site.client().await;
    let mut ticks = client.watch(Watch { from: 0, until: 2 }).await.unwrap();
    drop(client);
    assert_eq!(ticks.next().await, Some(Ok(Tick { seq: 0 })));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(ticks.next().await, Some(Ok(Tick { seq: 1 })));
    drop(ticks);
    until_forgotten(&site.net).await;
}

/// Waits until no client holds the network any more.
async fn until_forgotten(net: &Net) {
    // The test's own, and the server's.
    while Arc::strong_count(&net.dials) > 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
