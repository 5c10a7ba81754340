//! errors: 1

use mitto::handler::State;
use mitto_test_messages::{Ping, Pong};

#[mitto::handler]
fn ping(
    _: State<[u8; 1]>,
    _: State<[u8; 2]>,
    _: State<[u8; 3]>,
    _: State<[u8; 4]>,
    _: State<[u8; 5]>,
    _: State<[u8; 6]>,
    _: State<[u8; 7]>,
    _: State<[u8; 8]>,
    _: State<[u8; 9]>,
    req: Ping,
) -> Pong {
    Pong { n: req.n }
}

fn main() {}
