//! The messages and handlers of these tests, and sessions that run them.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use mitto::codec::{CodecError, Decoder};
use mitto::job::{Answer, Job, Run};
use mitto::limits::Limits;
use mitto::message::{Message, Payload, Returned};
use mitto::peer::{Peer, Statistics};
use mitto::queue::Queue;
use mitto::session::{Config, Session};
use mitto::status::{CallError, Code, Status};
use mitto::transport::memory;
use mitto::{Notification, Request};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::raw::{Frame, RESPONSE, Raw};

/// Comes back as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Request)]
#[request(response = Echo)]
pub(super) struct Echo {
    pub(super) text: String,
}

/// Is answered with as many bytes once the gate lets it through.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String)]
pub(super) struct Wait {
    pub(super) bytes: usize,
}

/// Reports progress as often as the gate lets one through, and never ends.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = ())]
pub(super) struct Work {}

/// A stream of items of some size, then the end.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = Item)]
pub(super) struct Watch {
    pub(super) items: u32,
    pub(super) bytes: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) n: u32,
    pub(super) text: String,
}

/// Goes wrong in the way asked for.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = Bad, error = Oops)]
pub(super) struct Fail {
    pub(super) how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum How {
    Error,
    Denied,
    Panic,
    PanicWaiting,
    PanicInDrop,
    NoAnswer,
    UnableToSerialize,
    PanicInSerialize,
    TooLarge,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("oops {0}")]
pub(super) struct Oops(pub(super) u32);

/// A value that some formats, or nobody, can carry.
#[derive(Debug, PartialEq, Deserialize)]
pub(super) struct Bad(pub(super) Option<How>);

impl Serialize for Bad {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(How::PanicInSerialize) => panic!("in Serialize, as the test asks for"),
            Some(How::TooLarge) => "x".repeat(2 << 20).serialize(to),
            Some(How::UnableToSerialize) => Err(serde::ser::Error::custom("not today")),
            other => other.serialize(to),
        }
    }
}

/// A request that cannot be sent.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = ())]
pub(super) struct Unsendable(pub(super) Bad);

#[derive(Debug, Serialize, Deserialize, Notification)]
pub(super) struct Note {
    pub(super) wait: bool,
}

/// What the handlers have done.
pub(super) struct World {
    /// What handlers wait for.
    pub(super) gate: Semaphore,
    pub(super) started: AtomicUsize,
    /// Handlers that were dropped, or have ended.
    pub(super) over: AtomicUsize,
    pub(super) items: AtomicUsize,
    pub(super) notes: AtomicUsize,
}

impl World {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            gate: Semaphore::new(0),
            started: AtomicUsize::new(0),
            over: AtomicUsize::new(0),
            items: AtomicUsize::new(0),
            notes: AtomicUsize::new(0),
        })
    }

    /// Handlers that are there.
    pub(super) fn alive(&self) -> usize {
        self.started.load(SeqCst) - self.over.load(SeqCst)
    }

    fn enter(self: &Arc<Self>) -> Entered {
        self.started.fetch_add(1, SeqCst);
        Entered(self.clone())
    }
}

struct Entered(Arc<World>);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.over.fetch_add(1, SeqCst);
    }
}

struct PanicInDrop;

impl Drop for PanicInDrop {
    fn drop(&mut self) {
        panic!("in Drop, as the test asks for");
    }
}

struct Handlers(Arc<World>);

impl Queue for Handlers {
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
        let world = self.0.clone();
        let message = job.message;
        if message == Echo::INFO.id {
            match decode::<Echo>(&job) {
                Ok(echo) => answer.outcome::<Echo>(Ok(echo)),
                Err(status) => answer.fail(status),
            }
            Run::done()
        } else if message == Wait::INFO.id {
            run(&job, answer, |wait: Wait, answer| async move {
                let entered = world.enter();
                world.gate.acquire().await.unwrap().forget();
                drop(entered);
                answer.outcome::<Wait>(Ok("x".repeat(wait.bytes)));
            })
        } else if message == Work::INFO.id {
            run(&job, answer, |_: Work, answer| async move {
                let _entered = world.enter();
                loop {
                    world.gate.acquire().await.unwrap().forget();
                    answer.progress();
                }
            })
        } else if message == Watch::INFO.id {
            run(&job, answer, |watch, answer| items(world, watch, answer))
        } else if message == Fail::INFO.id {
            run(&job, answer, |fail: Fail, answer| {
                self::fail(fail.how, answer)
            })
        } else if message == Note::INFO.id {
            let Ok(note) = decode::<Note>(&job) else {
                return Run::done();
            };
            world.notes.fetch_add(1, SeqCst);
            match note.wait {
                false => Run::done(),
                true => Run::new(async move {
                    let _entered = world.enter();
                    world.gate.acquire().await.unwrap().forget();
                }),
            }
        } else {
            answer.fail(Status::not_found("nobody handles it"));
            Run::done()
        }
    }
}

fn run<M: Message, F: Future<Output = ()> + Send + 'static>(
    job: &Job<'_>,
    answer: Answer,
    handler: impl FnOnce(M, Answer) -> F,
) -> Run {
    match decode::<M>(job) {
        Ok(message) => Run::new(handler(message, answer)),
        Err(status) => {
            answer.fail(status);
            Run::done()
        }
    }
}

fn decode<M: Message>(job: &Job<'_>) -> Result<M, Status> {
    let Payload::Encoded { format, bytes } = job.payload else {
        panic!("a session submits encoded payloads");
    };
    M::decode(Decoder::new(job.codecs, format, bytes)).map_err(|error| match error {
        CodecError::UnsupportedFormat(_) => Status::new(Code::UnsupportedFormat, error.to_string()),
        error => Status::bad_request(error.to_string()),
    })
}

async fn items(world: Arc<World>, watch: Watch, answer: Answer) {
    let _entered = world.enter();
    answer.progress();
    for n in 0..watch.items {
        let text = "i".repeat(watch.bytes);
        let mut item = Returned::<Watch>(Some(Item { n, text }));
        let sent = std::future::poll_fn(|cx| answer.poll_item(&mut item, cx)).await;
        if let Err(status) = sent {
            return answer.fail(status);
        }
        world.items.fetch_add(1, SeqCst);
    }
    answer.end();
}

async fn fail(how: How, answer: Answer) {
    match how {
        How::Error => answer.failure::<Fail>(CallError::Handler(Oops(7))),
        How::Denied => answer.fail(Status::denied("not you")),
        How::Panic => panic!("as the test asks for"),
        How::PanicWaiting => {
            tokio::task::yield_now().await;
            panic!("as the test asks for");
        }
        How::PanicInDrop => {
            let _panics = PanicInDrop;
            std::future::pending::<()>().await;
            drop(answer);
        }
        How::NoAnswer => {}
        _ => answer.outcome::<Fail>(Ok(Bad(Some(how)))),
    }
}

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
        for _ in 0..10_000 {
            let now = self.peer.statistics();
            let mut none = Statistics::default();
            (none.ignored, none.read, none.written) = (now.ignored, now.read, now.written);
            (none.read_rate, none.written_rate) = (now.read_rate, now.written_rate);
            let running = self.config.running.load(SeqCst);
            if now == none && running == 0 && self.world.alive() == 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
        let alive = self.world.alive();
        panic!("left: {:?}, {alive} handlers alive", self.peer.statistics());
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
