//! errors: 1

use mitto_test_messages::Pong;

#[mitto::handler]
fn ping() -> Pong {
    Pong { n: 1 }
}

fn main() {}
