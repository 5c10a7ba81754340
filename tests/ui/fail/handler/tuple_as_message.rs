//! errors: 1

use mitto_test_messages::Pong;

#[mitto::handler]
fn ping(_: (u64, u64)) -> Pong {
    Pong { n: 1 }
}

fn main() {}
