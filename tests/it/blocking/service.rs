use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use mitto::server::Handle;
use mitto::{Items, Limits, Notification, Request, Server, State, Status, handler, provider};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = u64, idempotent)]
pub(super) struct Ping {
    pub(super) n: u64,
}

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String, error = Unknown)]
pub(super) struct Login {
    pub(super) user: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("nobody is called {user}")]
pub(super) struct Unknown {
    pub(super) user: String,
}

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = u64)]
pub(super) struct Count {
    pub(super) to: u64,
}

#[derive(Debug, Serialize, Deserialize, Request)]
pub(super) struct Sleep {
    pub(super) ms: u64,
}

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = u64)]
pub(super) struct AskMe {}

#[derive(Debug, Serialize, Deserialize, Notification)]
pub(super) struct Said {
    pub(super) text: String,
}

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = u64)]
pub(super) struct Answer {}

mitto::schema! {
    pub(super) Chat {
        client => server as ChatClient: [Ping, Login, Count, Sleep, AskMe, Said],
        server => client as ChatCaller: [Answer],
    }
}

#[provider(server of Chat: [ping, login, count, sleep, ask_me, said])]
pub(super) struct ChatServer {
    heard: Heard,
}

#[derive(Clone)]
struct Heard(Sender<String>);

#[handler]
fn ping(State(heard): State<Heard>, req: Ping) -> u64 {
    let _ = heard.0.send(format!("ping {}", req.n));
    req.n
}

#[handler]
fn login(req: Login) -> Result<String, Unknown> {
    match &*req.user {
        "ada" => Ok("token".to_owned()),
        _ => Err(Unknown { user: req.user }),
    }
}

#[handler]
async fn count(items: Items<u64>, req: Count) -> Result<(), Status> {
    for n in 1..=req.to {
        items.send(n).await?;
    }
    Ok(())
}

struct Gone(Heard);

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = self.0.0.send("slept".to_owned());
    }
}

#[handler]
async fn sleep(State(heard): State<Heard>, req: Sleep) {
    let _ = heard.0.send("sleeping".to_owned());
    let _gone = Gone(heard);
    tokio::time::sleep(Duration::from_millis(req.ms)).await;
}

#[handler]
async fn ask_me(caller: ChatCaller, _: AskMe) -> Result<u64, Status> {
    caller.answer(Answer {}).await
}

#[handler]
async fn said(State(heard): State<Heard>, req: Said) {
    if req.text == "later" {
        tokio::task::yield_now().await;
    }
    let _ = heard.0.send(req.text);
}

/// A server in a runtime of its own, and what it hears.
pub(super) struct Place {
    pub(super) runtime: Runtime,
    pub(super) server: Handle,
    heard: Mutex<Receiver<String>>,
}

impl Place {
    pub(super) fn open() -> Self {
        Self::at("ws://127.0.0.1:0")
    }

    pub(super) fn at(url: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let (server, heard) = chat();
        let limits = patient().drain(Duration::from_millis(200));
        let server = runtime.block_on(Server::new(server).limits(limits).listen(url));
        let server = runtime.block_on(async { server.unwrap().spawn() });
        Self {
            runtime,
            server,
            heard: Mutex::new(heard),
        }
    }

    pub(super) fn url(&self) -> &str {
        self.server.url()
    }

    pub(super) fn connect(&self) -> ChatClient {
        mitto::blocking::connect(self.url()).unwrap()
    }

    /// The next thing that the server hears.
    pub(super) fn hears(&self) -> String {
        let heard = self.heard.lock().unwrap();
        heard.recv_timeout(Duration::from_secs(20)).unwrap()
    }
}

/// Limits of an end that waits for an hour.
pub(super) fn patient() -> Limits {
    const HOUR: Duration = Duration::from_secs(3_600);
    Limits::default()
        .timeout(HOUR)
        .timeout_max(HOUR)
        .drain(HOUR)
}

/// A provider, and what it hears.
pub(super) fn chat() -> (ChatServer, Receiver<String>) {
    let (tells, heard) = channel();
    let heard_by = Heard(tells);
    (ChatServer { heard: heard_by }, heard)
}
