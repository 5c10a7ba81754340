//! errors: 1

use mitto_test_messages::{Ping, Pong};

#[mitto::handler]
unsafe extern "C" fn ping(req: Ping, _rest: ...) -> Pong {
    Pong { n: req.n }
}

fn main() {}
