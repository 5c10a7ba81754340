//! errors: 1

use mitto_test_messages::Typing;

#[mitto::handler]
fn typing(_: Typing) -> u64 {
    1
}

fn main() {}
