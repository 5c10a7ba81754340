//! A server that is given streams.

use std::sync::Mutex;

use mitto::transport::prefixed::Prefixed;
use mitto::transport::{
    BoxFuture, Connection, Listener, PeerInfo, Settings, Transport, TransportError,
};
use mitto::{Limits, Server};
use tokio::io::DuplexStream;

use super::route::{Desk, DeskClient, Who, Work};

/// Connects over one stream that is there already.
struct Over(Mutex<Option<DuplexStream>>);

impl Transport for Over {
    fn schemes(&self) -> &'static [&'static str] {
        &["over"]
    }

    fn connect<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, TransportError>> {
        Box::pin(async move {
            let stream = self.0.lock().unwrap().take().unwrap();
            Ok(Box::new(Prefixed::new(stream, PeerInfo::new(url), settings)) as _)
        })
    }

    fn listen<'a>(
        &'a self,
        _: &'a str,
        _: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Listener>, TransportError>> {
        unreachable!("nobody listens")
    }
}

async fn connect(server: &mitto::server::Handle) -> Option<DeskClient> {
    let (here, there) = tokio::io::duplex(4096);
    server.serve_stream(there, PeerInfo::new("a pipe"));
    let over = Over(Mutex::new(Some(here)));
    let builder = DeskClient::builder().transport(over);
    builder.connect("over://it").await.ok()
}

#[tokio::test]
async fn stream_is_served_without_a_listener() {
    let limits = Limits::default().connections(1);
    let server = Server::new(Desk).limits(limits).embed().unwrap();
    assert_eq!(server.urls().count(), 0);
    let desk = connect(&server).await.unwrap();
    assert_eq!(desk.who(Who {}).await.unwrap(), "nobody");
    assert_eq!(server.peers().list()[0].remote(), "a pipe");
    assert!(server.health().ready);
    assert!(connect(&server).await.is_none(), "there is no room");
    // What runs may finish.
    let mut work = desk.work(Work { ms: 100 }).await.unwrap();
    assert_eq!(work.next().await, Some(Ok(1)));
    let shutdown = tokio::spawn({
        let server = server.clone();
        async move { server.shutdown().await }
    });
    assert_eq!(work.next().await, Some(Ok(2)));
    assert_eq!(work.next().await, None);
    shutdown.await.unwrap();
    assert!(connect(&server).await.is_none(), "it was shut down");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_finish_is_aborted_after_the_drain_limit() {
    let server = Server::new(Desk).embed().unwrap();
    let desk = connect(&server).await.unwrap();
    let call = desk.work(Work { ms: 3_600_000 });
    let mut work = call
        .timeout(std::time::Duration::from_secs(7_200))
        .await
        .unwrap();
    assert_eq!(work.next().await, Some(Ok(1)));
    let begun = tokio::time::Instant::now();
    server.shutdown().await;
    assert_eq!(begun.elapsed().as_secs(), 25);
    assert!(work.next().await.unwrap().is_err());
}

#[test]
fn embedded_server_checks_what_it_is_given() {
    let server = Server::new(Desk).allow_origin("example.com");
    let error = server.embed().unwrap_err();
    assert!(
        error.to_string().contains("an origin is a scheme"),
        "{error}"
    );
}
