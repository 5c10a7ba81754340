//! errors: 1

use mitto::handler::State;
use mitto_test_messages::{Ping, Pong};

#[mitto::handler]
fn ping(req: Ping, _state: State<u8>) -> Pong {
    Pong { n: req.n }
}

fn main() {}
