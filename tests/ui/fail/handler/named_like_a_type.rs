//! errors: 1

use mitto_test_messages::{Ping, Pong};

#[allow(non_camel_case_types)]
struct ping {}

#[mitto::handler]
fn ping(req: Ping) -> Pong {
    Pong { n: req.n }
}

fn main() {}
