//! The service that is measured.

use mitto::{Request, handler, provider};
use serde::{Deserialize, Serialize};

/// Comes back as it is. Six allocations are its own: two strings, cloned by the caller, decoded by
/// the server, decoded by the client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Request)]
#[request(response = Echo)]
pub(crate) struct Echo {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) payload: String,
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

mitto::schema! {
    /// What the clients ask.
    pub(crate) Bench {
        client => server as BenchClient: [Echo, Add, AddLater],
    }
}

#[provider(server of Bench: [echo, add, add_later])]
pub(crate) struct BenchServer;

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
