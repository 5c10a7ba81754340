//! errors: 1

use mitto_test_messages::{Ping, Pong};

#[mitto::handler]
fn ping(_: Ping) -> &'static Pong {
    &Pong { n: 1 }
}

fn main() {}
