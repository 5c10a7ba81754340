//! errors: 1

use mitto::Request;
use mitto_test_messages::Pong;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(response = Pong)]
struct Ask {
    value: &'static str,
}

mitto::schema! {
    Asking { client => server as AskingClient: [Ask] }
}

#[mitto::handler]
fn ask(_: Ask) -> Pong {
    Pong { n: 1 }
}

#[mitto::provider(server of Asking: [ask])]
struct Server;

fn main() {}
