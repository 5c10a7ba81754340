//! A small service, its client, and middleware that tells what it sees.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mitto::middleware::{Answered, Middleware, Next, RequestHead, observe};
use mitto::server::Handle;
use mitto::transport::memory::Memory;
use mitto::{Context, Items, Notification, Request, Server, Status, handler, provider};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(response = u64)]
pub(crate) struct Add {
    pub(crate) a: u64,
    pub(crate) b: u64,
}

/// Is refused by its handler.
#[derive(Serialize, Deserialize, Request)]
#[request(response = u64, error = Refusal)]
pub(crate) struct Refuse {
    pub(crate) with_status: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("refused")]
pub(crate) struct Refusal;

#[derive(Serialize, Deserialize, Request)]
#[request(stream = u64)]
pub(crate) struct Count {
    pub(crate) to: u64,
}

/// Waits so many milliseconds, and says how long it had.
#[derive(Serialize, Deserialize, Request)]
#[request(response = Option<u64>)]
pub(crate) struct Wait {
    pub(crate) ms: u64,
}

/// Asks its caller, and says what the metadata `word` was.
#[derive(Serialize, Deserialize, Request)]
#[request(response = String)]
pub(crate) struct Ask {}

#[derive(Serialize, Deserialize, Request)]
#[request(response = String)]
pub(crate) struct Confirm {}

#[derive(Serialize, Deserialize, Notification)]
pub(crate) struct Note {}

#[derive(Serialize, Deserialize, Request)]
#[request(response = u64)]
pub(crate) struct Panic {}

mitto::schema! {
    /// A desk.
    pub(crate) Desk {
        client => server as DeskClient: [Add, Refuse, Count, Wait, Ask, Note, Panic],
        server => client as DeskCaller: [Confirm],
    }
}

#[provider(server of Desk: [add, refuse, count, wait, ask, note, panic])]
pub(crate) struct DeskServer;

#[provider(client of Desk: [confirm])]
pub(crate) struct DeskApp;

#[handler]
fn add(req: Add) -> u64 {
    req.a + req.b
}

#[handler]
fn refuse(req: Refuse) -> Result<u64, mitto::CallError<Refusal>> {
    match req.with_status {
        true => Err(Status::not_found("not here").into()),
        false => Err(mitto::CallError::Handler(Refusal)),
    }
}

#[handler]
async fn count(items: Items<u64>, req: Count) -> Result<(), Status> {
    for n in 1..=req.to {
        items.send(n).await?;
    }
    Ok(())
}

#[handler]
async fn wait(context: Context, req: Wait) -> Option<u64> {
    let left = context.deadline()? - tokio::time::Instant::now();
    tokio::time::sleep(Duration::from_millis(req.ms)).await;
    Some(left.as_millis() as u64)
}

#[handler]
async fn ask(caller: DeskCaller, _: Ask) -> Result<String, Status> {
    caller.confirm(Confirm {}).await
}

#[handler]
fn confirm(context: Context, _: Confirm) -> String {
    context.metadata().get("word").unwrap_or("none").to_owned()
}

#[handler]
fn note(_: Note) {}

#[handler]
fn panic(_: Panic) -> u64 {
    panic!("the handler's own")
}

/// What middleware have seen, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn say(&self, what: impl Into<String>) {
        self.0.lock().expect("not poisoned").push(what.into());
    }

    /// What was said since the last time.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("not poisoned"))
    }

    /// Says how each request ends.
    pub(crate) fn endings(&self) -> impl Middleware + use<> {
        let log = self.clone();
        observe(move |about, ending, _| {
            let items = match ending {
                mitto::middleware::Ending::Outcome(mitto::middleware::Outcome::End { items }) => {
                    format!(" {items}")
                }
                _ => String::new(),
            };
            log.say(format!("{} {}{items}", about.name(), ending.label()));
        })
    }
}

/// Says when it sees a request, and when its outcome.
pub(crate) struct Says(pub(crate) &'static str, pub(crate) Log);

impl Middleware for Says {
    async fn handle(&self, head: RequestHead, next: Next) -> Result<Answered, Status> {
        self.1.say(format!("{} before", self.0));
        let answered = next.run(head).await?;
        self.1
            .say(format!("{} after {:?}", self.0, answered.outcome()));
        Ok(answered)
    }
}

/// A server and a client of it; `server` and `client` add what stands around them.
pub(crate) async fn connected(
    server: impl FnOnce(Server) -> Server,
    client: impl FnOnce(mitto::client::Builder<DeskClient>) -> mitto::client::Builder<DeskClient>,
) -> (Handle, DeskClient) {
    let memory = Memory::new();
    let server = server(Server::new(DeskServer)).transport(memory.clone());
    let server = server
        .listen("memory://desk")
        .await
        .expect("listens")
        .spawn();
    let client = client(DeskClient::builder().provide(DeskApp)).transport(memory);
    let client = client.connect("memory://desk").await.expect("connects");
    (server, client)
}

/// Lets the tasks of both ends do what is left.
pub(crate) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}
