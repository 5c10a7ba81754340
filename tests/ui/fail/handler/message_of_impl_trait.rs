//! errors: 1

use mitto_test_messages::Pong;

#[mitto::handler]
fn ping(_: impl Clone) -> Pong {
    Pong { n: 1 }
}

fn main() {}
