//! The messages and handlers whose allocations are counted.

use std::sync::Arc;

use mitto::{CallError, Context, Items, Notification, Request, State, Status, handler, provider};
use serde::{Deserialize, Serialize};

/// A request by how its handler answers it.
macro_rules! numbers {
    ($($(#[$meta:meta])* $name:ident,)*) => {
        $(
            #[derive(Serialize, Deserialize, Request)]
            #[request(response = u64)]
            $(#[$meta])*
            pub(crate) struct $name {
                pub(crate) n: u64,
            }
        )*
    };
}

numbers! {
    /// Answered by a plain fn.
    Plain,
    /// By an async fn that does not wait.
    Async,
    /// By one that waits once.
    Waiting,
    /// By one that waits for ever.
    Endless,
    /// With the provider's state.
    Stateful,
    /// With everything that is known of the request.
    Knowing,
    /// By asking the client.
    Asking,
    /// What the client is asked.
    Asked,
    /// By a plain fn, twice if need be.
    #[request(idempotent)]
    Sure,
}

/// Comes back as it is: two strings to decode at each end.
#[derive(Debug, PartialEq, Serialize, Deserialize, Request)]
#[request(response = Echo)]
pub(crate) struct Echo {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) payload: String,
}

/// Fails with an error of its own when asked to.
#[derive(Serialize, Deserialize, Request)]
#[request(response = u64, error = Refused)]
pub(crate) struct Refusable {
    pub(crate) refuse: bool,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Refused(pub(crate) u64);

/// Answered by numbers until nobody reads them.
#[derive(Serialize, Deserialize, Request)]
#[request(stream = u64)]
pub(crate) struct Numbers {}

/// Answered by a text of so many bytes.
#[derive(Serialize, Deserialize, Request)]
#[request(response = String)]
pub(crate) struct Large {
    pub(crate) bytes: usize,
}

/// Counted.
#[derive(Serialize, Deserialize, Notification)]
pub(crate) struct Note {
    pub(crate) n: u64,
}

mitto::schema! {
    /// Everything that is counted.
    pub(crate) Counted {
        client => server as CountedClient: [
            Plain, Async, Waiting, Endless, Stateful, Knowing, Asking, Echo, Refusable, Numbers, Large, Note,
            Sure,
        ],
        server => client as CountedCaller: [Asked],
    }
}

#[provider(server of Counted: [
    plain, later, waiting, endless, stateful, knowing, asking, echo, refusable, numbers, large, note,
    sure,
])]
#[derive(Default)]
pub(crate) struct CountedServer {
    shared: Arc<str>,
}

impl CountedServer {
    /// One whose state others have as well.
    pub(crate) fn with(shared: Arc<str>) -> Self {
        Self { shared }
    }
}

#[provider(client of Counted: [asked])]
pub(crate) struct CountedApp;

#[handler]
fn plain(req: Plain) -> u64 {
    req.n
}

#[handler]
fn sure(req: Sure) -> u64 {
    req.n
}

#[handler]
async fn later(req: Async) -> u64 {
    req.n
}

#[handler]
async fn waiting(req: Waiting) -> u64 {
    tokio::task::yield_now().await;
    req.n
}

#[handler]
async fn endless(State(_shared): State<Arc<str>>, _: Endless) -> u64 {
    std::future::pending().await
}

#[handler]
async fn stateful(State(shared): State<Arc<str>>, req: Stateful) -> u64 {
    req.n + shared.len() as u64
}

#[handler]
async fn knowing(context: Context, req: Knowing) -> u64 {
    req.n + u64::from(context.is_cancelled())
}

#[handler]
async fn asking(caller: CountedCaller, req: Asking) -> Result<u64, Status> {
    caller.asked(Asked { n: req.n }).await
}

#[handler]
fn echo(req: Echo) -> Echo {
    req
}

#[handler]
fn refusable(req: Refusable) -> Result<u64, Refused> {
    match req.refuse {
        true => Err(Refused(1)),
        false => Ok(1),
    }
}

#[handler]
async fn numbers(items: Items<u64>, _: Numbers) -> Result<(), Status> {
    let mut n = 0;
    loop {
        items.send(n).await?;
        n += 1;
    }
}

#[handler]
fn large(req: Large) -> String {
    "x".repeat(req.bytes)
}

#[handler]
fn note(_: Note) {}

#[handler]
async fn asked(req: Asked) -> u64 {
    req.n
}

/// What a refused request comes to.
pub(crate) fn is_refused(outcome: &Result<u64, CallError<Refused>>) -> bool {
    matches!(outcome, Err(CallError::Handler(Refused(1))))
}
