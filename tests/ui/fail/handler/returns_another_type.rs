//! errors: 1

use mitto_test_messages::Ping;

#[mitto::handler]
fn ping(_: Ping) -> u64 {
    1
}

fn main() {}
