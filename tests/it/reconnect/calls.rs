//! What becomes of messages whose connection is lost.

use std::time::Duration;

use mitto::auth::Tokens;
use mitto::{Code, Identity, Reconnect};

use super::service::*;
use super::site::*;

over_every_kind! {
    idempotent_request_is_sent_again,
    other_request_is_lost,
    lost_connection_behind_the_server_is_no_lost_connection,
    answered_request_stays_answered,
    sent_notification_is_not_sent_again,
    stream_is_lost_behind_the_items_that_have_come,
    call_back_is_lost,
    handlers_of_the_client_answer_on_every_connection,
}

async fn idempotent_request_is_sent_again(mut site: Site) {
    let client = site.client().await;
    let caller = client.clone();
    let call = tokio::spawn(async move { caller.slow_get(SlowGet { key: 1 }).await });
    site.desk.book.until_run(1, 1).await;
    site.crash().await;
    site.start().await;
    site.desk.book.until_run(1, 2).await;
    site.desk.gate.add_permits(1);
    assert_eq!(call.await.unwrap(), Ok(1));
    assert_eq!(site.desk.book.runs(1), 2);
    site.assert_idle(&client).await;
}

async fn other_request_is_lost(mut site: Site) {
    let client = site.client().await;
    let caller = client.clone();
    let call = tokio::spawn(async move { caller.slow_put(SlowPut { key: 1 }).await });
    site.desk.book.until_run(1, 1).await;
    site.crash().await;
    site.start().await;
    let status = call.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost, "{status}");
    assert_eq!(client.put(Put { key: 2 }).await, Ok(2));
    assert_eq!(site.desk.book.runs(1), 1);
    site.assert_idle(&client).await;
}

async fn lost_connection_behind_the_server_is_no_lost_connection(site: Site) {
    let client = site.client().await;
    let status = client.lose_behind(LoseBehind { key: 1 }).await.unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost);
    assert_eq!(status.message(), "the database is gone");
    assert_eq!(site.desk.book.runs(1), 1);
    site.assert_idle(&client).await;
}

async fn answered_request_stays_answered(mut site: Site) {
    let client = site.client().await;
    let mut call = Box::pin(client.slow_put(SlowPut { key: 1 }));
    // Sent, and then not looked at while the answer comes and the connection goes.
    let sent = tokio::time::timeout(Duration::ZERO, &mut call).await;
    assert!(sent.is_err());
    site.desk.gate.add_permits(1);
    site.desk.book.until_run(1, 1).await;
    while site.handle().running() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(client.get(Get { key: 2 }).await, Ok(2));
    site.crash().await;
    until(&client, connecting).await;
    assert_eq!(call.await, Ok(1));
    site.start().await;
    until(&client, connected).await;
    site.assert_idle(&client).await;
}

async fn sent_notification_is_not_sent_again(mut site: Site) {
    let client = site.client().await;
    assert_eq!(client.note(Note { key: 1 }).await, Ok(()));
    site.desk.book.until_run(1, 1).await;
    site.restart(&client).await;
    assert_eq!(client.get(Get { key: 2 }).await, Ok(2));
    assert_eq!(site.desk.book.runs(1), 1);
    site.assert_idle(&client).await;
}

async fn stream_is_lost_behind_the_items_that_have_come(mut site: Site) {
    let client = site.client().await;
    let mut ticks = client.watch(Watch { from: 0, until: 2 }).await.unwrap();
    assert_eq!(ticks.next().await, Some(Ok(Tick { seq: 0 })));
    // The second one is there, and not yet looked at.
    assert_eq!(client.get(Get { key: 8 }).await, Ok(8));
    site.restart(&client).await;
    assert_eq!(ticks.next().await, Some(Ok(Tick { seq: 1 })));
    let status = ticks.next().await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost, "{status}");
    assert_eq!(ticks.next().await, None);
    assert_eq!(site.desk.book.runs(0), 1);
    site.assert_idle(&client).await;
}

async fn call_back_is_lost(mut site: Site) {
    let visitor = Visitor::default();
    let builder = site.builder().provide(visitor.clone());
    let builder = builder.reconnect(Reconnect::default());
    let client = builder.connect(&site.url).await.unwrap();
    while site.handle().peers().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let caller = DeskCaller::from(site.handle().peers().list().remove(0));
    let hangs = caller.clone();
    let call = tokio::spawn(async move { hangs.hang_there(HangThere {}).await });
    visitor.book.until_run(0, 1).await;
    site.restart(&client).await;
    let status = call.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost, "{status}");
    // The client is another peer now.
    let status = caller.who_are_you(WhoAreYou {}).await.unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost, "{status}");
    assert_eq!(visitor.book.runs(0), 1);
    site.assert_idle(&client).await;
}

async fn handlers_of_the_client_answer_on_every_connection(mut site: Site) {
    let client = site.client().await;
    for _ in 0..3 {
        assert_eq!(client.ask_back(AskBack {}).await.as_deref(), Ok("Ada"));
        site.restart(&client).await;
    }
    site.assert_idle(&client).await;
}

/// Both have run, and their answers do not arrive.
#[tokio::test]
async fn answer_lost_on_its_way_is_asked_for_again_where_that_is_harmless() {
    let site = Site::paused().await;
    let client = site.client().await;
    let [get, put] = [client.clone(), client.clone()];
    let long = Duration::from_secs(300);
    let get = tokio::spawn(async move { get.slow_get(SlowGet { key: 1 }).timeout(long).await });
    let put = tokio::spawn(async move { put.slow_put(SlowPut { key: 2 }).timeout(long).await });
    site.desk.book.until_run(1, 1).await;
    site.desk.book.until_run(2, 1).await;
    site.net.swallow();
    site.desk.gate.add_permits(3);
    assert_eq!(get.await.unwrap(), Ok(1));
    let status = put.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost, "{status}");
    assert_eq!((site.desk.book.runs(1), site.desk.book.runs(2)), (2, 1));
    site.assert_idle(&client).await;
}

#[tokio::test]
async fn remaining_time_travels_when_a_request_is_sent_again() {
    let mut site = Site::paused().await;
    // It is back well before the deadline, however long the waits happen to be.
    let reconnect = Reconnect::default().max(Duration::from_secs(1));
    let builder = site.builder().reconnect(reconnect);
    let client = builder.connect(&site.url).await.unwrap();
    let caller = client.clone();
    let call = tokio::spawn(async move {
        let ten = Duration::from_secs(10);
        caller.time_left(TimeLeft {}).timeout(ten).await
    });
    site.desk.book.until_run(0, 1).await;
    site.crash().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    site.start().await;
    site.desk.book.until_run(0, 2).await;
    site.desk.gate.add_permits(1);
    let left = call.await.unwrap().unwrap();
    assert!((1..=7_000).contains(&left), "{left} ms are left");
}

#[tokio::test]
async fn request_is_not_sent_again_after_its_deadline() {
    let mut site = Site::paused().await;
    let client = site.client().await;
    let begun = tokio::time::Instant::now();
    let caller = client.clone();
    let call = tokio::spawn(async move {
        let one = Duration::from_secs(1);
        caller.slow_get(SlowGet { key: 1 }).timeout(one).await
    });
    site.desk.book.until_run(1, 1).await;
    site.crash().await;
    let status = call.await.unwrap().unwrap_err();
    assert!(is_now(begun, Duration::from_secs(1)));
    assert_eq!(status.code(), Code::Timeout);
    assert!(
        status.message().contains("after `SlowGet` was sent"),
        "{status}"
    );
    site.start().await;
    until(&client, connected).await;
    assert_eq!(site.desk.book.runs(1), 1);
    site.assert_idle(&client).await;
}

#[tokio::test]
async fn token_is_sent_again_on_every_connection() {
    let mut site = Site::paused().await;
    let guarded = |site: &Site| {
        let tokens = Tokens::new().token("secret", Identity::new("ada"));
        site.server().authenticate(tokens)
    };
    site.crash().await;
    site.run(guarded(&site)).await;
    assert!(
        site.builder().connect(&site.url).await.is_err(),
        "it is asked for"
    );
    let builder = site.builder().reconnect(Reconnect::default());
    let client = builder.token("secret").connect(&site.url).await.unwrap();
    for key in 0..3 {
        assert_eq!(client.get(Get { key }).await, Ok(key));
        site.crash().await;
        site.run(guarded(&site)).await;
    }
    assert_eq!(client.get(Get { key: 3 }).await, Ok(3));
}
