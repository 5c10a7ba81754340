//! errors: 1

use mitto_test_messages::{Ping, Pong};

#[mitto::handler]
const fn ping(req: Ping) -> Pong {
    Pong { n: req.n }
}

fn main() {}
