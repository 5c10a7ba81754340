//! The service that these tests guard.

use std::sync::{Arc, Mutex};

use mitto::client::{Builder, ConnectError};
use mitto::server::Handle;
use mitto::session::HandshakeError;
use mitto::transport::memory::Memory;
use mitto::{
    Context, Identity, Items, Notification, Request, Server, State, Status, handler, provider,
};
use serde::{Deserialize, Serialize};

/// Names whoever asks.
#[derive(Serialize, Deserialize, Request)]
#[request(response = String)]
pub(super) struct Who {}

/// Names whoever asks, in every way that a handler can.
#[derive(Serialize, Deserialize, Request)]
#[request(response = Vec<Option<String>>)]
pub(super) struct Look {}

#[derive(Serialize, Deserialize, Request)]
#[request(response = u32, requires = "read")]
pub(super) struct Read {}

#[derive(Serialize, Deserialize, Request)]
#[request(requires = ["read", "write"])]
pub(super) struct Write {}

#[derive(Serialize, Deserialize, Request)]
#[request(authenticated)]
pub(super) struct Enter {}

#[derive(Serialize, Deserialize, Request)]
#[request(stream = u32, requires = "read")]
pub(super) struct Watch {}

#[derive(Serialize, Deserialize, Notification)]
#[notification(requires = "write")]
pub(super) struct Note {
    pub(super) text: String,
}

mitto::schema! {
    pub(super) Desk {
        client => server as DeskClient: [Who, Look, Read, Write, Enter, Watch, Note],
    }
}

/// What was noted.
pub(super) type Notes = Arc<Mutex<Vec<String>>>;

#[provider(server of Desk: [who, look, read, write, enter, watch, note])]
#[derive(Clone, Default)]
pub(super) struct TheDesk {
    pub(super) notes: Notes,
}

#[handler]
fn who(caller: Identity, _: Who) -> String {
    caller.name().to_owned()
}

#[handler]
async fn look(caller: Option<Identity>, context: Context, _: Look) -> Vec<Option<String>> {
    let name = |identity: &Identity| identity.name().to_owned();
    vec![
        caller.as_ref().map(name),
        context.identity().map(name),
        context.peer().identity().map(name),
    ]
}

#[handler]
fn read(_: Read) -> u32 {
    7
}

#[handler]
async fn write(_: Write) {}

#[handler(spawn)]
async fn enter(_: Enter) {}

#[handler]
async fn watch(items: Items<u32>, _: Watch) -> Result<(), Status> {
    items.send(1).await
}

#[handler]
fn note(State(notes): State<Notes>, req: Note) {
    notes.lock().unwrap().push(req.text);
}

/// What a test opens, and where.
pub(super) struct Opened {
    pub(super) memory: Memory,
    pub(super) server: Handle,
}

pub(super) const PLACE: &str = "memory://desk";

/// Listens in memory.
pub(super) async fn open(server: Server) -> Opened {
    let memory = Memory::new();
    let server = server.transport(memory.clone());
    let server = server.listen(PLACE).await.unwrap().spawn();
    Opened { memory, server }
}

impl Opened {
    pub(super) fn builder(&self) -> Builder<DeskClient> {
        DeskClient::builder().transport(self.memory.clone())
    }

    pub(super) async fn connect(&self, token: &str) -> Result<DeskClient, ConnectError> {
        self.builder().token(token).connect(PLACE).await
    }
}

/// What a server says to a client that it refuses.
pub(super) fn refusal(error: ConnectError) -> Status {
    match error {
        ConnectError::Handshake(HandshakeError::Refused(status)) => status,
        other => panic!("{other:?}"),
    }
}
