//! errors: 1

use mitto_test_messages::{Ping, Pong};

#[mitto::handler]
fn ping(_name: String, req: Ping) -> Pong {
    Pong { n: req.n }
}

fn main() {}
