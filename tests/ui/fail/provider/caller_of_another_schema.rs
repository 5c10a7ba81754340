//! errors: 1

use mitto_test_messages::ChatCaller;
use mitto_test_messages::presence::{Presence, Who};

#[mitto::handler]
fn who(_: ChatCaller, _: Who) -> Vec<String> {
    Vec::new()
}

#[mitto::provider(server of Presence: [who])]
struct Server;

fn main() {}
