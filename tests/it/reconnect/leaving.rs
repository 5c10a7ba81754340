//! A server that takes its leave, while another takes its place.

use std::time::Duration;

use super::service::*;
use super::site::*;

over_every_kind! {
    next_connection_is_made_while_the_last_one_drains,
}

async fn next_connection_is_made_while_the_last_one_drains(mut site: Site) {
    let client = site.client().await;
    let mut ticks = client.watch(Watch { from: 0, until: 1 }).await.unwrap();
    assert_eq!(ticks.next().await, Some(Ok(Tick { seq: 0 })));
    let caller = client.clone();
    let call = tokio::spawn(async move { caller.slow_put(SlowPut { key: 7 }).await });
    site.desk.book.until_run(7, 1).await;
    let old = site.handle();
    let leaving = old.clone();
    let shutdown = tokio::spawn(async move { leaving.shutdown().await });
    until(&client, connecting).await;
    site.start().await;
    // Does not wait for what the old server still does.
    assert_eq!(client.put(Put { key: 8 }).await, Ok(8));
    assert_eq!(old.running(), 2);
    assert!(!shutdown.is_finished());
    site.desk.gate.add_permits(1);
    assert_eq!(call.await.unwrap(), Ok(7));
    assert_eq!(site.desk.book.runs(7), 1);
    drop(ticks);
    shutdown.await.unwrap();
    assert_eq!(client.put(Put { key: 9 }).await, Ok(9));
    site.assert_idle(&client).await;
}

#[tokio::test]
async fn close_ends_the_old_connection_as_well() {
    let mut site = Site::paused().await;
    let client = site.client().await;
    let mut ticks = client.watch(Watch { from: 0, until: 1 }).await.unwrap();
    assert_eq!(ticks.next().await, Some(Ok(Tick { seq: 0 })));
    let old = site.handle();
    let shutdown = tokio::spawn(async move { old.shutdown().await });
    until(&client, connecting).await;
    site.start().await;
    until(&client, connected).await;
    client.peer().close();
    assert!(ticks.next().await.unwrap().is_err());
    client.peer().closed().await;
    let soon = tokio::time::timeout(Duration::from_secs(2), shutdown).await;
    soon.unwrap().unwrap();
}
