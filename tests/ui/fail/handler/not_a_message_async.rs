//! errors: 1

use mitto_test_messages::Pong;

#[mitto::handler]
async fn ping(req: Pong) -> Pong {
    req
}

fn main() {}
