//! A whole session, which gets frames from a peer that means no good.
//!
//! The first byte says how: bit 0, whether the peer is the server (then this end has calls under way);
//! bit 1, whether it leaves its hello out; bit 2, whether it stays silent in the end instead of closing.
//! Then come frames, each behind its length in two bytes.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::task::Poll;
use std::time::Duration;

use mitto::built_in::BuiltIns;
use mitto::framing::{Framing, Hello, Native};
use mitto::limits::Limits;
use mitto::peer::Peer;
use mitto::session::{Config, HandshakeError, Session};
use mitto::transport::memory::{self, MemoryConnection};
use mitto::transport::{Batch, Connection};
use mitto::{Items, Notification, Request, Status, handler, provider};
use serde::{Deserialize, Serialize};
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::seeds;

/// Comes back as it is.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String)]
pub(crate) struct Echo {
    pub(crate) text: String,
}

/// Is never answered.
#[derive(Debug, Serialize, Deserialize, Request)]
pub(crate) struct Hang {}

/// Some numbers.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = u32)]
pub(crate) struct Count {
    pub(crate) to: u32,
}

/// Is heard.
#[derive(Debug, Serialize, Deserialize, Notification)]
pub(crate) struct Note {
    pub(crate) text: String,
}

mitto::schema! {
    /// The same in both directions.
    pub(crate) Probe {
        client => server as ProbeClient: [Echo, Hang, Count, Note],
        server => client as ProbeCaller: [],
    }
}

#[provider(server of Probe: [echo, hang, count, note])]
pub(crate) struct ProbeServer;

#[handler]
async fn echo(req: Echo) -> String {
    tokio::task::yield_now().await;
    req.text
}

#[handler]
async fn hang(_: Hang) {
    std::future::pending::<()>().await;
}

#[handler]
async fn count(items: Items<u32>, req: Count) -> Result<(), Status> {
    for n in 0..req.to {
        items.send(n).await?;
    }
    Ok(())
}

#[handler]
fn note(_: Note) {}

/// Frames into a session.
pub fn session(bytes: &[u8]) {
    let Some((&how, frames)) = bytes.split_first() else {
        return;
    };
    in_no_time(run(how, frames));
}

/// Runs what must end. The clock jumps where nothing else is left to do, so that this takes no time.
pub(crate) fn in_no_time(run: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.expect("a runtime").block_on(async {
        let run = timeout(Duration::from_secs(3_600), run);
        run.await.expect("every session ends");
    });
}

async fn run(how: u8, frames: &[u8]) {
    let (here, there) = memory::pair(64 << 10);
    let frames = frames_of(how, frames);
    let peer = tokio::spawn(speak(there, frames, how & 4 != 0));
    hold(here, config(), how & 1 != 0).await;
    let (requests, outcomes) = peer.await.expect("the peer does not panic");
    assert!(
        outcomes <= requests,
        "{outcomes} outcomes of {requests} requests"
    );
}

/// Runs a session to its end, with calls under way where the peer is the server. Nothing is left of it.
pub(crate) async fn hold(connection: MemoryConnection, config: Config, is_server: bool) {
    let config = Arc::new(config);
    let opened = tokio::spawn(open(connection, config.clone(), is_server));
    let opened = opened.await.expect("no panic in the handshake");
    if let Ok(session) = opened {
        let handle = session.peer().clone();
        let session = tokio::spawn(session);
        let mut calls = calls(&handle, is_server);
        session.await.expect("no panic in the session");
        while let Some(call) = calls.join_next().await {
            call.expect("no panic in a call");
        }
        let now = handle.statistics();
        let held = [
            now.in_flight,
            now.waiting,
            now.running,
            now.handlers,
            now.outbound,
        ];
        assert_eq!(held, [0; 5], "something is left");
        assert_eq!(config.running.load(SeqCst), 0);
    }
}

async fn open(
    connection: MemoryConnection,
    config: Arc<Config>,
    is_server: bool,
) -> Result<Session, HandshakeError> {
    match is_server {
        true => Session::connect(Box::new(connection), config).await,
        false => Session::accept(Box::new(connection), config).await,
    }
}

/// Calls for the peer to answer.
fn calls(peer: &Peer, is_server: bool) -> JoinSet<()> {
    let mut calls = JoinSet::new();
    if !is_server {
        return calls;
    }
    for _ in 0..2 {
        let text = "x".to_owned();
        let (echo, count) = (
            ProbeClient::from(peer.clone()),
            ProbeClient::from(peer.clone()),
        );
        calls.spawn(async move { drop(echo.echo(Echo { text }).await) });
        calls.spawn(async move {
            let Ok(mut stream) = count.count(Count { to: 3 }).await else {
                return;
            };
            while let Some(item) = stream.next().await {
                drop(item);
            }
        });
    }
    calls
}

/// Sends the frames, and reads what comes. Counts the requests sent and the outcomes that came.
async fn speak(mut end: MemoryConnection, frames: Vec<Vec<u8>>, stays: bool) -> (usize, usize) {
    let mut outcomes = 0;
    let mut requests = 0;
    for frame in frames {
        // Kind 2, whatever else it says: it may be answered.
        requests += usize::from(frame.get(1) == Some(&2));
        let mut batch = Batch::new();
        batch.bytes_mut().extend_from_slice(&frame);
        batch.end_frame(false);
        // A reader that has closed takes nothing more.
        poll_fn(|cx| Poll::Ready(end.poll_write(cx, &mut batch).is_ready())).await;
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        outcomes += take(&mut end);
    }
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    if stays {
        while let Ok(true) = poll_fn(|cx| end.poll_fill(cx)).await {
            outcomes += take(&mut end);
        }
    }
    (requests, outcomes + take(&mut end))
}

/// Reads what is there; whatever this crate sends can be read.
fn take(end: &mut MemoryConnection) -> usize {
    let mut outcomes = 0;
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        while let Ok(Some(frame)) = end.next_frame() {
            let parsed = Native.parse(frame.bytes, &mut |envelope| {
                outcomes += usize::from(envelope.head.kind.is_outcome());
            });
            parsed.expect("a session sends frames that can be read");
        }
        match end.poll_fill(&mut cx) {
            Poll::Ready(Ok(true)) => {}
            _ => return outcomes,
        }
    }
}

fn frames_of(how: u8, mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    if how & 2 == 0 {
        let mut payload = Vec::new();
        let mut hello = Hello::new(&Limits::default());
        hello.features = Hello::LISTS;
        hello.write(&mut payload);
        frames.push(seeds::hello_frame(&payload));
    }
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
        let (frame, rest) = rest.split_at(length);
        frames.push(frame.to_vec());
        bytes = rest;
    }
    frames
}

/// Small limits, so that few bytes reach them.
pub(crate) fn config() -> Config {
    let mut config = Config::serving(Arc::new(ProbeServer), BuiltIns::default());
    let limits = &mut config.limits;
    limits.message = 2_000;
    limits.in_flight = 8;
    limits.in_flight_process = 8;
    limits.outbound = 8_000;
    limits.stream_window = 4_000;
    limits.metadata_entries = 4;
    limits.metadata_bytes = 100;
    config
}
