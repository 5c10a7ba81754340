//! The messages and handlers of the examples `server` and `client`.

use mitto::{Request, handler, provider};
use serde::{Deserialize, Serialize};

/// Asks whether the server answers.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = Pong, idempotent)]
pub struct Ping {
    /// Comes back.
    pub n: u64,
}

/// Answers [`Ping`].
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Pong {
    /// The number that was sent.
    pub n: u64,
}

/// Asks for its own text.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String, idempotent)]
pub struct Echo {
    /// What comes back.
    pub text: String,
}

mitto::schema! {
    /// A server that repeats what it is told.
    pub Echoing {
        client => server as EchoClient: [Ping, Echo],
    }
}

/// Repeats what it is told.
#[provider(server of Echoing: [ping, echo])]
#[derive(Debug, Default)]
pub struct EchoServer;

#[handler]
fn ping(req: Ping) -> Pong {
    Pong { n: req.n }
}

#[handler]
fn echo(req: Echo) -> String {
    req.text
}
