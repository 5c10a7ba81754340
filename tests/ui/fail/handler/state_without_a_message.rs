//! errors: 1

use mitto::handler::State;
use mitto_test_messages::Pong;

#[mitto::handler]
fn ping(state: State<u64>) -> Pong {
    Pong { n: state.0 }
}

fn main() {}
