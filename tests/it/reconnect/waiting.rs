//! Messages that wait for a connection.

use std::time::Duration;

use mitto::Code;
use mitto::client::Reconnect;
use tokio::time::Instant;

use super::service::*;
use super::site::*;

over_every_kind! {
    request_waits_for_the_next_connection,
    notification_waits_for_the_next_connection,
    stream_waits_for_the_next_connection,
    dropped_call_does_not_wait,
}

async fn request_waits_for_the_next_connection(mut site: Site) {
    let client = site.client().await;
    site.crash().await;
    until(&client, connecting).await;
    assert!(!client.peer().is_connected());
    let caller = client.clone();
    let call = tokio::spawn(async move { caller.put(Put { key: 1 }).await });
    while client.peer().statistics().waiting == 0 {
        tokio::task::yield_now().await;
    }
    site.start().await;
    assert_eq!(call.await.unwrap(), Ok(1));
    assert_eq!(site.desk.book.runs(1), 1);
    site.assert_idle(&client).await;
}

async fn notification_waits_for_the_next_connection(mut site: Site) {
    let client = site.client().await;
    site.crash().await;
    until(&client, connecting).await;
    let caller = client.clone();
    let call = tokio::spawn(async move { caller.note(Note { key: 1 }).await });
    while client.peer().statistics().waiting == 0 {
        tokio::task::yield_now().await;
    }
    site.start().await;
    assert_eq!(call.await.unwrap(), Ok(()));
    site.desk.book.until_run(1, 1).await;
    site.assert_idle(&client).await;
}

async fn stream_waits_for_the_next_connection(mut site: Site) {
    let client = site.client().await;
    site.crash().await;
    until(&client, connecting).await;
    let caller = client.clone();
    let call = tokio::spawn(async move { caller.watch(Watch { from: 0, until: 1 }).await });
    while client.peer().statistics().waiting == 0 {
        tokio::task::yield_now().await;
    }
    site.start().await;
    let mut ticks = call.await.unwrap().unwrap();
    assert_eq!(ticks.next().await, Some(Ok(Tick { seq: 0 })));
    assert_eq!(site.desk.book.runs(0), 1);
    drop(ticks);
    site.assert_idle(&client).await;
}

async fn dropped_call_does_not_wait(mut site: Site) {
    let client = site.client().await;
    site.crash().await;
    until(&client, connecting).await;
    let mut calls = Vec::new();
    for key in 0..10 {
        let mut call = Box::pin(client.put(Put { key }));
        assert!(
            tokio::time::timeout(Duration::ZERO, &mut call)
                .await
                .is_err()
        );
        calls.push(call);
    }
    assert_eq!(client.peer().statistics().waiting, 10);
    calls.truncate(1);
    assert_eq!(client.peer().statistics().waiting, 1);
    site.start().await;
    assert_eq!(calls.remove(0).await, Ok(0));
    assert!((1..10).all(|key| site.desk.book.runs(key) == 0));
    drop(calls);
    site.assert_idle(&client).await;
}

#[tokio::test]
async fn deadlines_are_exact_while_there_is_no_connection() {
    let mut site = Site::paused().await;
    let client = site.client().await;
    site.crash().await;
    until(&client, connecting).await;
    let begun = Instant::now();
    let calls: Vec<_> = [700, 50, 3_000, 1]
        .map(|ms| {
            let client = client.clone();
            let timeout = Duration::from_millis(ms);
            tokio::spawn(async move {
                let (put, note) = (Put { key: 1 }, Note { key: 2 });
                let (put, note) = futures_util::future::join(
                    client.put(put).timeout(timeout),
                    client.note(note).timeout(timeout),
                )
                .await;
                assert!(is_now(begun, timeout), "{:?}", begun.elapsed());
                [put.unwrap_err(), note.unwrap_err()]
            })
        })
        .into();
    for call in calls {
        let [put, note] = call.await.unwrap();
        for (status, name) in [(put, "Put"), (note, "Note")] {
            assert_eq!(status.code(), Code::Timeout);
            let text = format!("`{name}` was not sent: no connection within its deadline");
            assert!(status.message().starts_with(&text), "{status}");
        }
    }
    assert_eq!(client.peer().statistics().waiting, 0);
    site.start().await;
    until(&client, connected).await;
    assert_eq!((site.desk.book.runs(1), site.desk.book.runs(2)), (0, 0));
}

#[tokio::test]
async fn first_connection_is_tried_once() {
    let mut site = Site::paused().await;
    site.crash().await;
    let builder = site.builder().reconnect(Reconnect::default());
    let error = builder.connect(&site.url).await.unwrap_err();
    assert_eq!(error.to_string(), "nothing listens at net://desk");
    assert_eq!(site.net.dials.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn lazy_client_waits_for_its_first_connection() {
    let mut site = Site::paused().await;
    site.crash().await;
    let lazily = Reconnect::default().lazily();
    let client = site.builder().reconnect(lazily.clone());
    let client = client.connect(&site.url).await.unwrap();
    until(&client, connecting).await;
    let call = tokio::spawn(async move { client.get(Get { key: 1 }).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    site.start().await;
    assert_eq!(call.await.unwrap(), Ok(1));
    let nonsense = site.builder().reconnect(lazily).connect("desk").await;
    assert!(nonsense.is_err());
}
