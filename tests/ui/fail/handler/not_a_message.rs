//! errors: 2
//!
//! The same twice: the second has a note that the compiler adds where a type has the bound.

use mitto_test_messages::Pong;

#[mitto::handler]
fn ping(req: Pong) -> Pong {
    req
}

fn main() {}
