//! errors: 1

use mitto_test_messages::Ping;

#[mitto::handler]
unsafe extern "C" fn ping(req: Ping, _rest: ...) -> u64 {
    req.n
}

fn main() {}
