//! A service in edition 2021.
#![deny(warnings, missing_docs)]

use mitto::handler::{Items, State};
use mitto::pipeline::{Flow, StepContext};
use mitto::status::Status;
use mitto::{Notification, Request};
use serde::{Deserialize, Serialize};

/// Asks.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Request)]
#[request(response = u64, timeout = "5s", was = "Question")]
pub struct Ask {
    /// How many.
    pub n: u64,
}

/// Counts.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Request)]
#[request(stream = u64)]
pub struct Count;

/// Tells.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Notification)]
pub struct Tell;

mitto::schema! {
    /// Talks.
    pub Talk {
        client => server as TalkClient: [Ask, Count],
        server => client as TalkCaller: [Tell],
    }
}

/// Answers at once.
#[mitto::handler]
pub fn ask(State(n): State<u64>, req: Ask) -> u64 {
    n + req.n
}

/// Counts, slowly.
///
/// # Errors
///
/// When nobody reads.
#[mitto::handler]
pub async fn count(items: Items<u64>, caller: TalkCaller, _: Count) -> Result<(), Status> {
    caller.tell(Tell).await?;
    items.send(1).await
}

/// Hears.
#[mitto::handler(blocking)]
pub fn tell(_: Tell) {}

/// Serves.
#[derive(Debug)]
#[mitto::provider(server of Talk: [ask, count])]
pub struct Server {
    n: u64,
}

impl Server {
    /// Starts to count at `n`.
    #[must_use]
    pub const fn new(n: u64) -> Self {
        Self { n }
    }
}

/// Listens.
#[derive(Debug)]
#[mitto::provider(client of Talk: [tell])]
pub struct Listener;

/// What the step below is told.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct By {
    n: u64,
}

/// Goes on with more.
#[mitto::step]
pub fn more(by: &By, n: u64) -> Flow<u64> {
    Flow::Next(n + by.n)
}

/// Goes on later.
#[mitto::step]
pub async fn later(
    ctx: &mut StepContext,
    State(n): State<u64>,
    text: String,
) -> Result<Flow<String>, Status> {
    ctx.post("app/node/More", &n)?;
    Ok(Flow::Next(text))
}
