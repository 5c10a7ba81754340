//! errors: 1

use mitto_test_messages::{Ping, Pong};

#[mitto::handler]
fn u8(req: Ping) -> Pong {
    Pong { n: req.n }
}

fn main() {}
