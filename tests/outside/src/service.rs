//! What the measured server does.

use std::sync::{Arc, OnceLock};

use mitto::server::Handle;
use mitto::{Items, Request, State, Status, handler, provider};
use serde::{Deserialize, Serialize};

/// Does nothing.
#[derive(Debug, Serialize, Deserialize, Request)]
pub(crate) struct Nothing {}

/// What the server holds.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = Holds)]
pub(crate) struct Look {}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Holds {
    /// The bytes that are allocated.
    pub(crate) live: u64,
    /// The peers that are connected.
    pub(crate) peers: usize,
}

/// A text of so many bytes.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String)]
pub(crate) struct Blow {
    pub(crate) bytes: usize,
}

/// So many texts of so many bytes.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = String)]
pub(crate) struct Pour {
    pub(crate) items: usize,
    pub(crate) bytes: usize,
}

mitto::schema! {
    /// What is measured.
    pub(crate) Outside {
        client => server as OutsideClient: [Nothing, Look, Blow, Pour],
    }
}

/// The server.
#[provider(server of Outside: [nothing, look, blow, pour])]
#[derive(Default)]
pub(crate) struct OutsideServer {
    pub(crate) handle: Arc<OnceLock<Handle>>,
}

#[handler]
fn nothing(_: Nothing) {}

#[handler]
fn look(State(handle): State<Arc<OnceLock<Handle>>>, _: Look) -> Holds {
    let stats = crate::ALLOCATOR.stats();
    Holds {
        live: stats
            .bytes_allocated
            .saturating_sub(stats.bytes_deallocated) as u64,
        peers: handle.get().map_or(0, |handle| handle.peers().len()),
    }
}

#[handler]
fn blow(req: Blow) -> String {
    "x".repeat(req.bytes)
}

#[handler]
async fn pour(items: Items<String>, req: Pour) -> Result<(), Status> {
    for _ in 0..req.items {
        items.send("x".repeat(req.bytes)).await?;
    }
    Ok(())
}
