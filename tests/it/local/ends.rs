//! How requests within a process end that nobody waits for, and those of a peer that was closed.

use std::future::Future;
use std::pin::pin;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use mitto::built_in::Ping;
use mitto::handler::State;
use mitto::peer::{ConnectionState, Peer};
use mitto::{Code, Items, Notification, Request, Status, handler, provider};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(response = Restless)]
struct Fetch;

#[derive(Serialize, Deserialize, Request)]
#[request(stream = Restless)]
struct FetchMany;

#[derive(Serialize, Deserialize, Notification)]
struct Noted;

mitto::schema! {
    Fetching {
        client => server as FetchingClient: [Fetch, FetchMany, Noted],
    }
}

#[provider(server of Fetching: [fetch, fetch_many, noted])]
struct Fetcher {
    shared: Shared,
}

#[derive(Clone)]
struct Shared {
    /// Whom what is fetched calls when it is dropped.
    peer: Arc<Mutex<Option<Peer>>>,
    /// Tells that a handler runs.
    begun: Sender<()>,
    /// When it may answer.
    go: Arc<Mutex<Receiver<()>>>,
    dropped: Sender<()>,
}

/// A response that calls its own peer when it is dropped.
#[derive(Serialize, Deserialize)]
struct Restless {
    #[serde(skip)]
    inside: Option<(Peer, Sender<()>)>,
}

impl Drop for Restless {
    fn drop(&mut self) {
        if let Some((peer, dropped)) = self.inside.take() {
            poll_once(peer.call(Ping {}));
            let _ = dropped.send(());
        }
    }
}

impl Shared {
    fn restless(&self) -> Restless {
        let peer = self.peer.lock().unwrap().clone();
        Restless {
            inside: peer.map(|peer| (peer, self.dropped.clone())),
        }
    }
}

#[handler(blocking)]
fn fetch(State(shared): State<Shared>, _: Fetch) -> Restless {
    let _ = shared.begun.send(());
    let _ = shared.go.lock().unwrap().recv();
    shared.restless()
}

#[handler]
async fn fetch_many(
    State(shared): State<Shared>,
    items: Items<Restless>,
    _: FetchMany,
) -> Result<(), Status> {
    for _ in 0..3 {
        items.send(shared.restless()).await?;
    }
    Ok(())
}

#[handler]
fn noted(_: Noted) {}

/// A client, and what goes on in its handlers.
struct Ends {
    client: FetchingClient,
    begun: Receiver<()>,
    go: Sender<()>,
    drops: Receiver<()>,
}

impl Ends {
    fn new() -> Self {
        let ((go, may_go), (tell, begun), (dropped, drops)) = (channel(), channel(), channel());
        let shared = Shared {
            peer: Arc::default(),
            begun: tell,
            go: Arc::new(Mutex::new(may_go)),
            dropped,
        };
        let peer = shared.peer.clone();
        let client = FetchingClient::local(Fetcher { shared });
        *peer.lock().unwrap() = Some(client.peer().clone());
        Self {
            client,
            begun,
            go,
            drops,
        }
    }
}

fn poll_once(call: impl Future) {
    let _ = pin!(call).poll(&mut Context::from_waker(Waker::noop()));
}

/// Runs what would hang if a lock were held, elsewhere.
fn soon(drops: &Receiver<()>, count: usize, what: impl FnOnce() + Send + 'static) {
    let runtime = tokio::runtime::Handle::current();
    std::thread::spawn(move || {
        let _entered = runtime.enter();
        what();
    });
    for _ in 0..count {
        let dropped = drops.recv_timeout(Duration::from_secs(20));
        assert_ne!(dropped, Err(RecvTimeoutError::Timeout), "a lock is held");
        dropped.unwrap();
    }
}

#[tokio::test]
async fn response_that_nobody_waits_for_is_dropped_outside_the_lock() {
    let ends = Ends::new();
    soon(&ends.drops, 1, move || {
        let mut call = Box::pin(ends.client.fetch(Fetch));
        poll_once(&mut call);
        ends.begun.recv().unwrap();
        drop(call);
        ends.go.send(()).unwrap();
    });
}

#[tokio::test]
async fn response_that_nobody_looks_at_is_dropped_outside_the_lock() {
    let ends = Ends::new();
    let woken = Arc::new(Woken::default());
    soon(&ends.drops, 1, move || {
        let mut call = Box::pin(ends.client.fetch(Fetch));
        let waker = Waker::from(woken.clone());
        let polled = call.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        ends.go.send(()).unwrap();
        woken.wait();
        drop(call);
    });
}

#[tokio::test]
async fn items_that_nobody_looks_at_are_dropped_outside_the_lock() {
    let ends = Ends::new();
    let mut items = ends.client.fetch_many(FetchMany).await.unwrap();
    let first = items.next().await;
    soon(&ends.drops, 3, move || {
        drop(items);
        drop(first);
    });
}

#[tokio::test]
async fn everything_ends_alike_once_the_peer_is_closed() {
    let client = Ends::new().client;
    client.noted(Noted).await.unwrap();
    client.peer().close();
    let Err(request) = client.fetch(Fetch).await else {
        panic!("a closed peer was called");
    };
    let notification = client.noted(Noted).await.unwrap_err();
    assert_eq!(request.code(), Code::ConnectionLost);
    assert_eq!(notification, request);
    assert_eq!(client.peer().state(), ConnectionState::Closed(request));
}

/// A waker that a thread can wait for.
#[derive(Default)]
struct Woken {
    woken: Mutex<bool>,
    changed: Condvar,
}

impl Woken {
    fn wait(&self) {
        let woken = self.woken.lock().unwrap();
        drop(self.changed.wait_while(woken, |woken| !*woken).unwrap());
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        *self.woken.lock().unwrap() = true;
        self.changed.notify_all();
    }
}
