//! Streams that go on.

use std::time::Duration;

use futures_util::StreamExt;
use mitto::Code;
use mitto::client::Reconnect;

use super::service::*;
use super::site::*;

fn after(last: Option<&Tick>, until: u64) -> Option<Watch> {
    let from = last.map_or(0, |tick| tick.seq + 1);
    Some(Watch { from, until })
}

over_every_kind! {
    resumed_stream_has_no_gap_and_nothing_twice,
    stream_ends_with_the_loss_when_the_hook_says_so,
    stream_of_a_plain_client_ends_with_the_loss,
}

async fn resumed_stream_has_no_gap_and_nothing_twice(mut site: Site) {
    const UNTIL: u64 = 2_000;
    let client = site.client().await;
    let first = Watch {
        from: 0,
        until: UNTIL,
    };
    let mut ticks = client.watch(first).resume(|last| after(last, UNTIL));
    for seq in 0..UNTIL {
        if seq % 500 == 250 {
            site.crash().await;
            site.start().await;
        }
        let tick = ticks.next().await.unwrap();
        assert_eq!(tick, Ok(Tick { seq }));
    }
    drop(ticks);
    until(&client, connected).await;
    site.assert_idle(&client).await;
}

async fn stream_ends_with_the_loss_when_the_hook_says_so(mut site: Site) {
    let client = site.client().await;
    let first = Watch { from: 0, until: 1 };
    let mut asked = 0;
    let mut ticks = client.watch(first).resume(|last| {
        assert_eq!(last, Some(&Tick { seq: 0 }));
        asked += 1;
        None
    });
    assert_eq!(ticks.next().await, Some(Ok(Tick { seq: 0 })));
    site.crash().await;
    let status = ticks.next().await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost, "{status}");
    assert_eq!(ticks.next().await, None);
    drop(ticks);
    assert_eq!(asked, 1);
    site.start().await;
    until(&client, connected).await;
    site.assert_idle(&client).await;
}

async fn stream_of_a_plain_client_ends_with_the_loss(mut site: Site) {
    let client = site.builder().connect(&site.url).await.unwrap();
    let first = Watch { from: 0, until: 1 };
    let mut ticks = client.watch(first).resume(|_| unreachable!());
    assert_eq!(ticks.next().await, Some(Ok(Tick { seq: 0 })));
    site.crash().await;
    let status = ticks.next().await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost, "{status}");
    assert_eq!(ticks.next().await, None);
}

#[tokio::test]
async fn time_without_a_connection_does_not_end_a_stream() {
    let mut site = Site::paused().await;
    let client = site.client().await;
    let first = Watch { from: 0, until: 2 };
    let ticks = client.watch(first).timeout(Duration::from_secs(1));
    let mut ticks = ticks.resume(|last| after(last, 3));
    assert_eq!(ticks.next().await, Some(Ok(Tick { seq: 0 })));
    assert_eq!(ticks.next().await, Some(Ok(Tick { seq: 1 })));
    site.crash().await;
    let rest = tokio::spawn(ticks.into_future());
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert!(!rest.is_finished());
    site.start().await;
    let (tick, _) = rest.await.unwrap();
    assert_eq!(tick, Some(Ok(Tick { seq: 2 })));
}

#[tokio::test]
async fn given_up_attempts_end_a_stream() {
    let mut site = Site::paused().await;
    let builder = site.builder().reconnect(Reconnect::default().attempts(2));
    let client = builder.connect(&site.url).await.unwrap();
    let first = Watch { from: 0, until: 1 };
    let mut ticks = client.watch(first).resume(|last| after(last, 1));
    assert_eq!(ticks.next().await, Some(Ok(Tick { seq: 0 })));
    site.crash().await;
    let status = ticks.next().await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    assert_eq!(ticks.next().await, None);
}

#[tokio::test]
async fn stream_that_was_not_begun_waits_within_its_deadline() {
    let mut site = Site::paused().await;
    let client = site.client().await;
    site.crash().await;
    until(&client, connecting).await;
    let begun = tokio::time::Instant::now();
    let watch = client.watch(Watch { from: 0, until: 1 });
    let mut ticks = watch
        .timeout(Duration::from_secs(1))
        .resume(|last| after(last, 1));
    let status = ticks.next().await.unwrap().unwrap_err();
    assert!(is_now(begun, Duration::from_secs(1)));
    assert_eq!(status.code(), Code::Timeout, "{status}");
    let watch = client.watch(Watch { from: 0, until: 1 });
    let mut dropped = watch.resume(|last| after(last, 1));
    let waited = tokio::time::timeout(Duration::ZERO, dropped.next()).await;
    assert!(waited.is_err());
    assert_eq!(client.peer().statistics().waiting, 1);
    drop(dropped);
    assert_eq!(client.peer().statistics().waiting, 0);
}
