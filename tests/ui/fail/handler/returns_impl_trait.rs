//! errors: 1

use mitto_test_messages::{Ping, Pong};

#[mitto::handler]
fn ping(req: Ping) -> impl Clone {
    Pong { n: req.n }
}

fn main() {}
