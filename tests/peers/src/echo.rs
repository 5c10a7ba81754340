//! The service that is measured.

use std::fmt::Debug;

use mitto::{Items, Request, Status, handler, provider};
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::stream::{Item, numbered};

/// Comes back as it is. Six allocations are its own: two strings, cloned by the caller, decoded by
/// the server, decoded by the client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Request)]
#[request(response = Echo)]
pub(crate) struct Echo {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) payload: String,
}

/// An `Echo`, or what a peer's own code generator makes of it.
pub(crate) trait Message: Clone + Debug + PartialEq + Send + 'static {
    fn new(id: u64, name: String, payload: String) -> Self;

    fn set_id(&mut self, id: u64);

    /// The id, and the lengths of name and payload.
    fn seen(&self) -> (u64, usize, usize);
}

/// One connection to a server that answers an echo.
pub(crate) trait Client: Clone + 'static {
    type Message: Message;

    fn echo(
        &mut self,
        message: Self::Message,
    ) -> impl Future<Output = Result<Self::Message, Failure>>;
}

/// The smallest request there is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Request)]
#[request(response = u64)]
pub(crate) struct Add {
    pub(crate) n: u64,
}

/// The same with an async handler.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Request)]
#[request(response = u64)]
pub(crate) struct AddLater {
    pub(crate) n: u64,
}

/// Asks for `count` items.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Request)]
#[request(stream = Item)]
pub(crate) struct Pour {
    pub(crate) count: u64,
    pub(crate) payload: usize,
}

mitto::schema! {
    /// What the ends ask of each other.
    pub(crate) Bench {
        client => server as BenchClient: [Echo, Add, AddLater, Pour],
        server => client as BenchCaller: [Echo],
    }
}

#[provider(server of Bench: [echo, add, add_later, pour])]
pub(crate) struct BenchServer;

#[provider(client of Bench: [echo])]
pub(crate) struct BenchApp;

#[handler]
fn echo(req: Echo) -> Echo {
    req
}

#[handler]
fn add(req: Add) -> u64 {
    req.n + 1
}

#[handler]
async fn add_later(req: AddLater) -> u64 {
    req.n + 1
}

#[handler]
async fn pour(items: Items<Item>, req: Pour) -> Result<(), Status> {
    for item in numbered(req.count, req.payload) {
        items.send(item).await?;
    }
    Ok(())
}

impl Message for Echo {
    fn new(id: u64, name: String, payload: String) -> Self {
        Self { id, name, payload }
    }

    fn set_id(&mut self, id: u64) {
        self.id = id;
    }

    fn seen(&self) -> (u64, usize, usize) {
        (self.id, self.name.len(), self.payload.len())
    }
}
