//! Sessions of this crate, and what is at their other ends.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use mitto::limits::Limits;
use mitto::message::Message;
use mitto::peer::{Peer, Statistics};
use mitto::session::{Config, Session};
use mitto::status::Status;
use mitto::transport::memory;
use tokio::task::JoinHandle;

use super::handlers::{Handlers, World};
use super::messages::Echo;
use super::raw::{Frame, RESPONSE, Raw};

/// Limits, with some of them changed.
pub(super) fn limits(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

pub(super) fn config(world: &Arc<World>, limits: Limits) -> Arc<Config> {
    let mut config = Config::new(Arc::new(Handlers(world.clone())));
    config.limits = limits;
    Arc::new(config)
}

/// What is still there then stays for good. The clock of the test may be paused, this one is not.
const PATIENCE: Duration = Duration::from_secs(60);

/// A session of this crate, and what is at its other end.
pub(super) struct End {
    pub(super) peer: Peer,
    pub(super) world: Arc<World>,
    pub(super) config: Arc<Config>,
    pub(super) task: JoinHandle<Status>,
}

impl End {
    pub(super) fn of(session: Session, world: Arc<World>, config: Arc<Config>) -> Self {
        Self {
            peer: session.peer().clone(),
            task: tokio::spawn(session),
            world,
            config,
        }
    }

    /// Waits until nothing is held any more, neither here nor in the handlers.
    pub(super) async fn empty(&self) {
        let begun = std::time::Instant::now();
        while !self.is_empty() {
            let (now, alive) = (self.peer.statistics(), self.world.alive());
            let stays = begun.elapsed() > PATIENCE;
            assert!(!stays, "left: {now:?}, {alive} handlers alive");
            tokio::task::yield_now().await;
        }
    }

    fn is_empty(&self) -> bool {
        let now = self.peer.statistics();
        let mut none = Statistics::default();
        (none.ignored, none.read, none.written) = (now.ignored, now.read, now.written);
        (none.read_rate, none.written_rate) = (now.read_rate, now.written_rate);
        let running = self.config.running.load(SeqCst);
        now == none && running == 0 && self.world.alive() == 0
    }

    /// The status that the session has ended with.
    pub(super) async fn ended(self) -> Status {
        self.task.await.expect("a session does not panic")
    }
}

/// A server of this crate, and a client spoken by hand that has said hello.
pub(super) async fn server_and_raw(limits: Limits) -> (End, Raw) {
    let (end, mut raw) = server_before_hello(limits);
    raw.send(&Frame::new(super::raw::HELLO, 0, (0, 0))).await;
    assert_eq!(raw.receive().await.unwrap().kind, super::raw::HELLO);
    (end.await.unwrap().unwrap(), raw)
}

/// The same before any hello: the server's handshake runs, and its outcome can be awaited.
pub(super) fn server_before_hello(
    limits: Limits,
) -> (JoinHandle<Result<End, mitto::session::HandshakeError>>, Raw) {
    let (here, there) = memory::pair(64 << 10);
    let world = World::new();
    let config = config(&world, limits);
    let end = tokio::spawn(async move {
        let session = Session::accept(Box::new(here), config.clone()).await?;
        Ok(End::of(session, world, config))
    });
    (end, Raw::new(there))
}

/// A client of this crate, and a server spoken by hand that has said hello.
pub(super) async fn client_and_raw(limits: Limits) -> (End, Raw) {
    let (here, there) = memory::pair(64 << 10);
    let world = World::new();
    let config = config(&world, limits);
    let mut raw = Raw::new(there);
    let (session, ()) = tokio::join!(
        Session::connect(Box::new(here), config.clone()),
        raw.hello()
    );
    (End::of(session.unwrap(), world, config), raw)
}

/// A client and a server of this crate.
pub(super) async fn pair(limits: Limits) -> (End, End) {
    pair_of(limits.clone(), limits).await
}

pub(super) async fn pair_of(client: Limits, server: Limits) -> (End, End) {
    let (here, there) = memory::pair(64 << 10);
    let worlds = (World::new(), World::new());
    let configs = (config(&worlds.0, client), config(&worlds.1, server));
    let (client, server) = tokio::join!(
        Session::connect(Box::new(here), configs.0.clone()),
        Session::accept(Box::new(there), configs.1.clone())
    );
    (
        End::of(client.unwrap(), worlds.0, configs.0),
        End::of(server.unwrap(), worlds.1, configs.1),
    )
}

/// Lets everything run that can, without letting time pass.
pub(super) async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// Whether a good request is answered over the same connection.
pub(super) async fn is_served(raw: &mut Raw) {
    let request = Frame::request((3, 77), Echo::INFO.id.0, r#"{"text":"good"}"#);
    raw.send(&request).await;
    let response = raw.receive().await.expect("the connection is open");
    assert_eq!((response.kind, response.id()), (RESPONSE, (3, 77)));
    assert_eq!(response.text(), r#"{"text":"good"}"#);
}

pub(super) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn echo(text: impl Into<String>) -> Echo {
    Echo { text: text.into() }
}

/// Polls once, without waiting.
pub(super) async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|cx| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(cx) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

/// Silences the panic messages that tests ask for.
pub(super) fn quiet<T>(run: impl FnOnce() -> T) -> std::thread::Result<T> {
    std::panic::catch_unwind(AssertUnwindSafe(run))
}
