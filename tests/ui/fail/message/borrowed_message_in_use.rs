//! errors: 3
//!
//! The other two are where a schema names the type without its lifetime, which it cannot see.

use mitto::Request;
use mitto_test_messages::Pong;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(response = Pong)]
struct Ask<'a> {
    value: &'a str,
}

mitto::schema! {
    Asking { client => server as AskingClient: [Ask] }
}

#[mitto::handler]
fn ask(_: Ask<'_>) -> Pong {
    Pong { n: 1 }
}

#[mitto::provider(server of Asking: [ask])]
struct Server;

fn main() {}
