//! A server that can be lost and started again at the same place.

use std::time::Duration;

use mitto::client::{Builder, Reconnect};
use mitto::peer::{ConnectionState, Statistics};
use mitto::server::Handle;
use mitto::{Limits, Server};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::net::Net;
use super::service::{DeskClient, TheDesk, Visitor};
use crate::port::Port;

/// What is still there then is never given back: a test that fails, instead of one that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Site {
    pub(super) net: Net,
    pub(super) desk: TheDesk,
    pub(super) limits: Limits,
    pub(super) url: String,
    running: Option<(Handle, JoinHandle<()>)>,
    /// Where there are sockets, the port that it comes back to.
    _port: Option<Port>,
}

impl Site {
    /// A server over memory, in time that stands still unless everyone waits for it.
    pub(super) async fn paused() -> Self {
        tokio::time::pause();
        Self::at("net://desk".to_owned(), None).await
    }

    /// A server that listens at a socket.
    pub(super) async fn over(scheme: &str) -> Self {
        let port = Port::reserve();
        Self::at(port.url(scheme), Some(port)).await
    }

    async fn at(url: String, port: Option<Port>) -> Self {
        let mut site = Self {
            net: Net::default(),
            desk: TheDesk::default(),
            limits: Limits::default(),
            url,
            running: None,
            _port: port,
        };
        site.start().await;
        site
    }

    pub(super) async fn start(&mut self) {
        let server = self.server();
        self.run(server).await;
    }

    pub(super) fn server(&self) -> Server {
        Server::new(self.desk.clone())
            .limits(self.limits.clone())
            .transport(self.net.clone())
    }

    pub(super) async fn run(&mut self, server: Server) {
        let listening = server.listen(&self.url).await.expect("a free place");
        self.url = listening.url().to_owned();
        let handle = listening.handle();
        self.running = Some((handle, tokio::spawn(listening.run())));
    }

    pub(super) fn handle(&self) -> Handle {
        self.running.as_ref().expect("it runs").0.clone()
    }

    /// Stops the server without a word to anyone.
    pub(super) async fn crash(&mut self) {
        let (handle, task) = self.running.take().expect("it runs");
        task.abort();
        let _ = task.await;
        handle.shutdown().await;
        assert_eq!(handle.running(), 0);
        assert!(handle.peers().is_empty());
    }

    /// Stops the server, starts another, and waits until the client has found it.
    pub(super) async fn restart(&mut self, client: &DeskClient) {
        let mut states = client.peer().states();
        assert!(states.current().is_connected());
        self.crash().await;
        self.start().await;
        while !states.changed().await.expect("not the last").is_connected() {}
    }

    pub(super) fn builder(&self) -> Builder<DeskClient> {
        DeskClient::builder()
            .limits(self.limits.clone())
            .transport(self.net.clone())
            .provide(Visitor::default())
    }

    pub(super) async fn client(&self) -> DeskClient {
        let builder = self.builder().reconnect(Reconnect::default());
        builder.connect(&self.url).await.expect("a connection")
    }

    /// Nothing is left of anything, at either end.
    pub(super) async fn assert_idle(&self, client: &DeskClient) {
        let handle = self.handle();
        // The other end may still have to read a cancel.
        let begun = Instant::now();
        while !is_idle(&client.peer().statistics()) || handle.running() > 0 {
            let (now, running) = (client.peer().statistics(), handle.running());
            assert!(begun.elapsed() < PATIENCE, "{now:?}, {running} running");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

fn is_idle(now: &Statistics) -> bool {
    [
        now.in_flight,
        now.waiting,
        now.running,
        now.handlers,
        now.outbound,
    ] == [0; 5]
}

/// Whether so much time has passed; the clock of paused time counts whole milliseconds.
pub(super) fn is_now(begun: Instant, time: Duration) -> bool {
    (time..=time + Duration::from_millis(1)).contains(&begun.elapsed())
}

/// Waits until the client has lost its connection, or has one.
pub(super) async fn until(client: &DeskClient, wanted: fn(&ConnectionState) -> bool) {
    let mut states = client.peer().states();
    let mut state = states.current();
    while !wanted(&state) {
        state = states.changed().await.expect("it is not the last");
    }
}

pub(super) fn connecting(state: &ConnectionState) -> bool {
    matches!(state, ConnectionState::Connecting { .. })
}

pub(super) fn connected(state: &ConnectionState) -> bool {
    state.is_connected()
}

/// Makes a test of each fact for each kind of connection.
macro_rules! over_every_kind {
    ($($fact:ident),* $(,)?) => {$(
        mod $fact {
            #[tokio::test]
            async fn memory() {
                super::$fact($crate::reconnect::site::Site::paused().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn websocket() {
                super::$fact($crate::reconnect::site::Site::over("ws").await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn tcp() {
                super::$fact($crate::reconnect::site::Site::over("tcp").await).await;
            }
        }
    )*};
}
pub(super) use over_every_kind;
