//! The service that most cases call.

use mitto::{Items, Request, Status, handler, provider};
use serde::{Deserialize, Serialize};

/// Comes back as it is. Six allocations are its own: two strings, cloned by the caller, decoded by the server,
/// decoded by the client.
#[derive(Clone, Serialize, Deserialize, Request)]
#[request(response = Echo)]
pub(crate) struct Echo {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) payload: String,
}

impl Echo {
    /// An echo with so many bytes of payload.
    pub(crate) fn of(payload: usize) -> Self {
        Self {
            id: 1,
            name: "n".repeat(16),
            payload: "p".repeat(payload),
        }
    }
}

/// A text alone, for the format that carries nothing else.
#[derive(Clone, Serialize, Deserialize, Request)]
#[request(response = String)]
pub(crate) struct Text {
    pub(crate) payload: String,
}

/// The smallest request there is.
#[derive(Clone, Copy, Serialize, Deserialize, Request)]
#[request(response = u64)]
pub(crate) struct Add {
    pub(crate) n: u64,
}

/// The same with an async handler.
#[derive(Clone, Copy, Serialize, Deserialize, Request)]
#[request(response = u64)]
pub(crate) struct AddLater {
    pub(crate) n: u64,
}

/// The same with a handler that waits once.
#[derive(Clone, Copy, Serialize, Deserialize, Request)]
#[request(response = u64)]
pub(crate) struct AddAtLast {
    pub(crate) n: u64,
}

/// Answered by numbers until nobody reads them.
#[derive(Serialize, Deserialize, Request)]
#[request(stream = u64)]
pub(crate) struct Numbers {}

mitto::schema! {
    /// What is counted.
    pub(crate) Counted {
        client => server as CountedClient: [Echo, Text, Add, AddLater, AddAtLast, Numbers],
    }
}

#[provider(server of Counted: [echo, text, add, add_later, add_at_last, numbers])]
pub(crate) struct CountedServer;

#[handler]
fn echo(req: Echo) -> Echo {
    req
}

#[handler]
fn text(req: Text) -> String {
    req.payload
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
async fn add_at_last(req: AddAtLast) -> u64 {
    tokio::task::yield_now().await;
    req.n + 1
}

#[handler]
async fn numbers(items: Items<u64>, _: Numbers) -> Result<(), Status> {
    let mut n = 0;
    loop {
        items.send(n).await?;
        n += 1;
    }
}
