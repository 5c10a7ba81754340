//! errors: 1

use mitto_test_messages::{Ping, Pong};

#[mitto::handler]
fn ping<const N: u64>(_: Ping) -> Pong {
    Pong { n: N }
}

fn main() {}
