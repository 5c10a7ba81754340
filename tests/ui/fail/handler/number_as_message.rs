//! errors: 1

use mitto_test_messages::Pong;

#[mitto::handler]
fn ping(n: u64) -> Pong {
    Pong { n }
}

fn main() {}
