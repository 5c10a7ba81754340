//! errors: 1

use mitto_test_messages::Ping;

#[mitto::handler]
fn ping(_: Ping) {}

fn main() {}
