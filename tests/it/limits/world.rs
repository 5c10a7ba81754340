//! A server and a client of this crate over memory, and ends that are spoken by hand.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use mitto::auth;
use mitto::envelope::{CorrelationId, Head, Kind};
use mitto::framing::{Framing, Hello, Native};
use mitto::message::Message;
use mitto::server::Handle;
use mitto::transport::memory::{Memory, pair};
use mitto::transport::{Batch, Connection, Settings, Transport};
use mitto::{
    Code, Format, Identity, Items, Limits, Notification, Peer, Request, Server, State, Status,
    handler, provider,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

/// Comes back.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String)]
pub(super) struct Say {
    pub(super) text: String,
}

/// Is answered with as many bytes.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String)]
pub(super) struct Repeat {
    pub(super) bytes: usize,
}

/// Is answered after so many milliseconds.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(timeout = "1h")]
pub(super) struct Nap {
    pub(super) millis: u64,
}

/// One item, and then nothing.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = u32)]
pub(super) struct Watch {}

/// Something that nests.
#[derive(Debug, Serialize, Deserialize, Request)]
pub(super) struct Grow {
    pub(super) tree: Tree,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Tree(pub(super) Vec<Tree>);

#[derive(Debug, Serialize, Deserialize, Notification)]
pub(super) struct Tell {
    pub(super) text: String,
}

/// Is handled for so many milliseconds.
#[derive(Debug, Serialize, Deserialize, Notification)]
pub(super) struct Hear {
    pub(super) millis: u64,
}

mitto::schema! {
    pub(super) Bounds {
        client => server as BoundsClient: [Say, Repeat, Nap, Watch, Grow, Tell, Hear],
    }
}

#[provider(server of Bounds: [say, repeat, nap, watch, grow, tell, hear])]
pub(super) struct BoundsServer {
    /// A permit for each stream that is open.
    streams: Arc<Semaphore>,
}

#[handler]
fn say(req: Say) -> String {
    req.text
}

#[handler]
fn repeat(req: Repeat) -> String {
    "x".repeat(req.bytes)
}

#[handler]
async fn nap(req: Nap) {
    tokio::time::sleep(Duration::from_millis(req.millis)).await;
}

#[handler]
async fn watch(
    State(streams): State<Arc<Semaphore>>,
    items: Items<u32>,
    _: Watch,
) -> Result<(), Status> {
    let _open = Open::new(streams);
    items.send(1).await?;
    std::future::pending().await
}

#[handler]
fn grow(_: Grow) {}

#[handler]
fn tell(_: Tell) {}

#[handler]
async fn hear(req: Hear) {
    tokio::time::sleep(Duration::from_millis(req.millis)).await;
}

struct Open(Arc<Semaphore>);

impl Open {
    fn new(streams: Arc<Semaphore>) -> Self {
        streams.add_permits(1);
        Self(streams)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.forget_permits(1);
    }
}

/// A server over memory.
pub(super) struct World {
    pub(super) server: Handle,
    memory: Memory,
    streams: Arc<Semaphore>,
}

impl World {
    pub(super) async fn of(limits: Limits) -> Self {
        Self::at("memory://bounds", limits).await
    }

    pub(super) async fn at(url: &str, limits: Limits) -> Self {
        Self::open(url, limits, |server| server).await
    }

    /// Where whoever connects is another server.
    pub(super) async fn of_links(limits: Limits) -> Self {
        Self::open("memory://bounds", limits, |server| {
            server.authenticate(auth::from_fn(async |_: auth::Claim| {
                Ok(Identity::new("another server").grant(auth::LINK))
            }))
        })
        .await
    }

    async fn open(url: &str, limits: Limits, change: impl FnOnce(Server) -> Server) -> Self {
        let memory = Memory::new();
        let streams = Arc::new(Semaphore::new(0));
        let provider = BoundsServer {
            streams: streams.clone(),
        };
        let server = Server::new(provider)
            .limits(limits)
            .transport(memory.clone());
        let server = change(server).listen(url).await.unwrap().spawn();
        Self {
            server,
            memory,
            streams,
        }
    }

    pub(super) async fn client(&self, limits: Limits) -> BoundsClient {
        self.try_client(limits).await.unwrap()
    }

    pub(super) async fn try_client(&self, limits: Limits) -> Result<BoundsClient, String> {
        let builder = BoundsClient::builder().transport(self.memory.clone());
        let connected = builder.limits(limits).connect(self.server.url()).await;
        connected.map_err(|error| error.to_string())
    }

    /// A client that is spoken by hand, before its hello.
    pub(super) async fn raw(&self) -> Raw {
        let settings = Settings::default();
        let connection = self.memory.connect("memory://bounds", &settings);
        Raw {
            connection: connection.await.unwrap(),
        }
    }

    /// A client that is spoken by hand and has said hello.
    pub(super) async fn greeted(&self) -> Raw {
        let mut raw = self.raw().await;
        raw.hello().await;
        raw
    }

    /// What the server calls its only client.
    pub(super) fn peer(&self) -> Peer {
        self.server.peers().list().pop().expect("a client")
    }

    pub(super) fn open_streams(&self) -> usize {
        self.streams.available_permits()
    }
}

/// A client of this crate, and a server that is spoken by hand; `capacity` bytes go between them.
pub(super) async fn client_of_raw(limits: Limits, capacity: usize) -> (BoundsClient, Raw) {
    let (here, there) = pair(capacity);
    let mut raw = Raw {
        connection: Box::new(there),
    };
    let nothing = mitto::provider::NoHandlers::new::<Bounds>(mitto::schema::Side::Client);
    let built_ins = mitto::built_in::BuiltIns::default();
    let mut config = mitto::session::Config::serving(Arc::new(nothing), built_ins);
    config.limits = limits;
    let config = Arc::new(config);
    let (session, ()) = tokio::join!(
        mitto::session::Session::connect(Box::new(here), config),
        raw.hello()
    );
    let session = session.unwrap();
    let peer = session.peer().clone().into_owner();
    tokio::spawn(session);
    (BoundsClient::from(peer), raw)
}

/// An end that is spoken by hand.
pub(super) struct Raw {
    connection: Box<dyn Connection>,
}

/// What such an end has received.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) kind: Kind,
    pub(super) id: CorrelationId,
    /// The status that it carries, if it is an error or a goodbye.
    pub(super) status: Option<Status>,
}

impl Raw {
    /// Says hello, and reads the other end's.
    pub(super) async fn hello(&mut self) {
        let mut hello = Vec::new();
        Hello::new(&Limits::default()).write(&mut hello);
        self.send(&Head::new(Kind::Hello, CorrelationId::NONE), &hello)
            .await;
        assert_eq!(self.receive().await.unwrap().kind, Kind::Hello);
    }

    pub(super) async fn send(&mut self, head: &Head<'_>, payload: &[u8]) {
        let mut batch = Batch::new();
        Native.begin(head, batch.bytes_mut());
        batch.bytes_mut().extend_from_slice(payload);
        batch.end_frame(false);
        // What the other end has closed already takes nothing more.
        let _ = poll_fn(|cx| self.connection.poll_write(cx, &mut batch)).await;
    }

    /// The head of a request in JSON.
    pub(super) fn request<M: Message>(slot: u32) -> Head<'static> {
        Head {
            from_requester: true,
            message: M::INFO.id,
            format: Some(Format::JSON),
            ..Head::new(Kind::Request, CorrelationId::new(slot, 1))
        }
    }

    /// The next frame; `None` at the end.
    pub(super) async fn receive(&mut self) -> Option<Received> {
        loop {
            let mut received = None;
            if let Ok(Some(frame)) = self.connection.next_frame() {
                let parsed = Native.parse(frame.bytes, &mut |envelope| {
                    let head = envelope.head;
                    let status = head.status || head.kind == Kind::Goodbye;
                    received = Some(Received {
                        kind: head.kind,
                        id: head.correlation,
                        status: status.then(|| Native.read_status(envelope.payload)),
                    });
                });
                parsed.unwrap();
                return received;
            }
            let fill = poll_fn(|cx| self.connection.poll_fill(cx)).await;
            if !matches!(fill, Ok(true)) {
                return None;
            }
        }
    }

    /// What a request was answered with: [`FINE`](super::FINE), or the code, or how the connection
    /// was closed.
    pub(super) async fn outcome(&mut self) -> String {
        while let Some(received) = self.receive().await {
            match (received.kind, received.status) {
                (Kind::Response | Kind::Item, _) => return super::FINE.into(),
                (Kind::Error, Some(status)) => return name(status.code()),
                _ => {}
            }
        }
        let reason = self.connection.close_reason();
        format!("closed {}", reason.map_or(0, |reason| reason.code))
    }
}

pub(super) fn name(code: Code) -> String {
    format!("{code:?}")
}

/// [`FINE`](super::FINE), or the code.
pub(super) fn outcome<T>(result: Result<T, Status>) -> String {
    result.map_or_else(|status| name(status.code()), |_| super::FINE.into())
}

/// [`FINE`](super::FINE), or something else if so.
pub(super) fn fine_or(other: &str, is_so: bool) -> String {
    if is_so { other } else { super::FINE }.into()
}

/// Lets everything run that can, without letting time pass.
pub(super) async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// A client of a server in the same process.
pub(super) fn local(limits: Limits) -> BoundsClient {
    let streams = Arc::new(Semaphore::new(0));
    BoundsClient::builder()
        .limits(limits)
        .local(BoundsServer { streams })
}
