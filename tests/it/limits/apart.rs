//! Requests above 1 MiB are handled apart, so that nothing on their connection waits for them.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mitto::server::Handle;
use mitto::transport::memory::Memory;
use mitto::{Code, Context, Limits, Notification, Request, Server, State, handler, provider};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

const LARGE: usize = 3 << 20;

/// What becomes of a large message.
#[derive(Debug, Serialize, Deserialize)]
enum Fate {
    Answer,
    /// Blocks its thread until a small request lets it go.
    Block,
    Hang,
    Panic,
}

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = (String, Option<String>), timeout = "1m")]
struct Load {
    fate: Fate,
    text: String,
}

#[derive(Debug, Serialize, Deserialize, Notification)]
struct Dump {
    text: String,
}

#[derive(Debug, Serialize, Deserialize, Request)]
struct LetGo {}

mitto::schema! {
    Freight {
        client => server as FreightClient: [Load, Dump, LetGo],
    }
}

#[provider(server of Freight: [load, dump, let_go])]
#[derive(Clone)]
struct FreightServer {
    port: Arc<Port>,
}

struct Port {
    go: Mutex<Sender<()>>,
    gone: Mutex<Receiver<()>>,
    /// Large requests that began to be handled.
    begun: Semaphore,
    running: AtomicUsize,
}

struct Running(Arc<Port>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, SeqCst);
    }
}

#[handler]
async fn load(
    State(port): State<Arc<Port>>,
    context: Context,
    req: Load,
) -> (String, Option<String>) {
    port.running.fetch_add(1, SeqCst);
    port.begun.add_permits(1);
    let _running = Running(port.clone());
    match req.fate {
        Fate::Answer => {}
        Fate::Block => block(&port),
        Fate::Hang => pending().await,
        Fate::Panic => panic!("as asked"),
    }
    let key = context.metadata().get("key").map(str::to_owned);
    (req.text, key)
}

#[handler]
fn dump(State(port): State<Arc<Port>>, _: Dump) {
    port.begun.add_permits(1);
    block(&port);
    port.begun.add_permits(1);
}

#[handler]
fn let_go(State(port): State<Arc<Port>>, _: LetGo) {
    let go = port.go.lock().unwrap_or_else(PoisonError::into_inner);
    go.send(()).expect("the port keeps the other end");
}

fn block(port: &Port) {
    let gone = port.gone.lock().unwrap_or_else(PoisonError::into_inner);
    gone.recv_timeout(Duration::from_secs(30))
        .expect("a small request passes the large one");
}

async fn open() -> (Handle, FreightClient, Arc<Port>) {
    let (go, gone) = channel();
    let port = Arc::new(Port {
        go: Mutex::new(go),
        gone: Mutex::new(gone),
        begun: Semaphore::new(0),
        running: AtomicUsize::new(0),
    });
    let limits = || Limits::default().message(2 * LARGE);
    let memory = Memory::new();
    let server = Server::new(FreightServer { port: port.clone() })
        .limits(limits())
        .transport(memory.clone());
    let server = server.listen("memory://freight").await.unwrap().spawn();
    let client = FreightClient::builder().limits(limits()).transport(memory);
    let client = client.connect("memory://freight").await.unwrap();
    (server, client, port)
}

fn large(fate: Fate) -> Load {
    let text = "x".repeat(LARGE);
    Load { fate, text }
}

async fn begun(port: &Port, count: u32) {
    port.begun.acquire_many(count).await.unwrap().forget();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn small_request_passes_a_large_one_that_blocks() {
    let (server, client, port) = open().await;
    let asking = client.clone();
    let upload = tokio::spawn(async move { asking.load(large(Fate::Block)).await });
    begun(&port, 1).await;
    client.let_go(LetGo {}).await.unwrap();
    assert_eq!(upload.await.unwrap().unwrap().0.len(), LARGE);

    let text = "x".repeat(LARGE);
    client.dump(Dump { text }).await.unwrap();
    begun(&port, 1).await;
    client.let_go(LetGo {}).await.unwrap();
    begun(&port, 1).await;
    server.shutdown().await;
}

#[tokio::test]
async fn more_large_requests_than_places_are_all_answered() {
    let (_server, client, _) = open().await;
    let calls = (0..12).map(|n| {
        let client = client.clone();
        let call = async move {
            let call = client.load(large(Fate::Answer));
            call.metadata("key", n.to_string()).await
        };
        tokio::spawn(call)
    });
    for (n, call) in calls.collect::<Vec<_>>().into_iter().enumerate() {
        let (text, key) = call.await.unwrap().unwrap();
        assert_eq!((text.len(), key), (LARGE, Some(n.to_string())));
    }
}

#[tokio::test]
async fn large_request_that_panics_is_internal() {
    let (_server, client, port) = open().await;
    let status = client.load(large(Fate::Panic)).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert_eq!(port.running.load(SeqCst), 0);
    assert!(client.load(large(Fate::Answer)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn large_request_that_is_given_up_is_dropped() {
    let (server, client, port) = open().await;
    let late = client.load(large(Fate::Hang));
    let late = late.timeout(Duration::from_millis(500)).await;
    assert_eq!(late.unwrap_err().code(), Code::Timeout);

    let call = tokio::spawn({
        let client = client.clone();
        async move { client.load(large(Fate::Hang)).await }
    });
    begun(&port, 2).await;
    call.abort();
    while port.running.load(SeqCst) > 0 {
        tokio::task::yield_now().await;
    }

    let call = tokio::spawn(async move { client.load(large(Fate::Hang)).await });
    begun(&port, 1).await;
    for peer in server.peers().list() {
        peer.close();
    }
    assert_eq!(
        call.await.unwrap().unwrap_err().code(),
        Code::ConnectionLost
    );
    while port.running.load(SeqCst) > 0 {
        tokio::task::yield_now().await;
    }
}
