//! errors: 1

use mitto::handler::State;
use mitto_test_messages::{Ping, Pong};

#[mitto::handler]
fn ping<T>(_: State<T>, req: Ping) -> Pong {
    Pong { n: req.n }
}

fn main() {}
