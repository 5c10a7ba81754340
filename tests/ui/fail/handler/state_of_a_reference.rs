//! errors: 1

use mitto::State;
use mitto_test_messages::presence::{Presence, Who};

#[mitto::handler]
fn who(_: State<&u64>, _: Who) -> Vec<String> {
    Vec::new()
}

#[mitto::provider(server of Presence: [who])]
struct Server;

fn main() {}
