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
                    _ = copy_bidirectional(&mut client, &mut server) => {}
                    () = swallowed => std::future::pending().await,
                }
            });
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn black_hole_of_tcp_is_found_within_the_silence() {
    for scheme in ["tcp", "ws"] {
        let site = Site::at(&format!("{scheme}://127.0.0.1:0")).await;
        let hole = Arc::new(Notify::new());
        let to = site.url.split("://").nth(1).unwrap();
        let to = to.trim_end_matches('/').to_owned();
        let place = proxy(to, hole.clone()).await;
        let mut limits = Limits::default();
        limits.ping = Duration::from_millis(200);
        limits.silence = Duration::from_millis(600);
        let builder = site.builder().limits(limits);
        let builder = builder.reconnect(Reconnect::default());
        let url = format!("{scheme}://{place}");
        let client = builder.connect(&url).await.unwrap();
        assert_eq!(client.get(Get { key: 1 }).await, Ok(1));
        hole.notify_waiters();
        let begun = Instant::now();
        assert_eq!(client.get(Get { key: 2 }).await, Ok(2));
        let found = begun.elapsed();
        // The first attempt waits for at most 100 ms; the rest is for a machine that is busy.
        assert!(found < Duration::from_secs(5), "{found:?}");
        assert!(found > Duration::from_millis(300), "{found:?}");
    }
}
