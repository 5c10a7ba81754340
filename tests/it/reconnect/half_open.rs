//! Connections that carry nothing any more, without a word.

use std::sync::Arc;
use std::time::Duration;

use mitto::Limits;
use mitto::client::Reconnect;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::service::*;
use super::site::*;
use crate::clock::Clock;

const MILLISECOND: Duration = Duration::from_millis(1);
const PING: Duration = Duration::from_millis(200);
const SILENCE: Duration = Duration::from_millis(600);

#[tokio::test]
async fn silence_is_found_and_the_next_connection_made() {
    let site = Site::paused().await;
    let client = site.client().await;
    let caller = client.clone();
    let call = tokio::spawn(async move {
        let long = Duration::from_secs(300);
        caller.slow_get(SlowGet { key: 1 }).timeout(long).await
    });
    site.desk.book.until_run(1, 1).await;
    let begun = Instant::now();
    site.net.swallow();
    until(&client, connecting).await;
    let silence = Limits::default().silence;
    assert!((silence - Duration::from_secs(1)..=silence).contains(&begun.elapsed()));
    site.desk.book.until_run(1, 2).await;
    site.desk.gate.add_permits(2);
    assert_eq!(call.await.unwrap(), Ok(1));
    tokio::time::sleep(2 * silence).await;
    assert_eq!(
        site.handle().peers().len(),
        1,
        "the server has found it, too"
    );
    site.assert_idle(&client).await;
}

/// Forwards connections; from the notice on those of then stay open and carry nothing.
async fn proxy(to: String, hole: Arc<Notify>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut server = TcpStream::connect(&to).await.unwrap();
            let hole = hole.clone();
            tokio::spawn(async move {
                let swallowed = hole.notified();
                tokio::pin!(swallowed);
                swallowed.as_mut().enable();
                tokio::select! {
                    biased;
                    () = swallowed => std::future::pending().await,
                    _ = copy_bidirectional(&mut client, &mut server) => {}
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn black_hole_of_tcp_is_found_within_the_silence() {
    let clock = Clock::stop();
    for scheme in ["tcp", "ws"] {
        let site = Site::over(scheme).await;
        let hole = Arc::new(Notify::new());
        let to = site.url.split("://").nth(1).unwrap();
        let to = to.trim_end_matches('/').to_owned();
        let place = proxy(to, hole.clone()).await;
        let mut limits = Limits::default();
        (limits.ping, limits.silence) = (PING, SILENCE);
        let builder = site.builder().limits(limits);
        let builder = builder.reconnect(Reconnect::default());
        let url = format!("{scheme}://{place}");
        let client = builder.connect(&url).await.unwrap();
        assert_eq!(client.get(Get { key: 1 }).await, Ok(1));
        hole.notify_waiters();
        let begun = Instant::now();
        let [caller, watcher] = [client.clone(), client.clone()];
        let call = tokio::spawn(async move { caller.get(Get { key: 2 }).await });
        let lost = tokio::spawn(async move { until(&watcher, connecting).await });
        while !lost.is_finished() {
            clock.advance(MILLISECOND).await;
        }
        let found = begun.elapsed();
        assert!(found <= SILENCE + 2 * MILLISECOND, "{found:?}");
        assert!(found > SILENCE / 2, "{found:?}");
        // The longest that the first attempt waits.
        clock.advance(101 * MILLISECOND).await;
        assert_eq!(call.await.unwrap(), Ok(2));
    }
}
