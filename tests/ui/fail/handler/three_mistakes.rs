//! errors: 3

use mitto_test_messages::{Ping, Pong};

#[mitto::handler(spwan)]
const fn ping(_name: &str, req: Ping) -> Pong {
    Pong { n: req.n }
}

fn main() {}
