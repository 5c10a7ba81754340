//! errors: 1

use mitto_test_messages::presence::{Presence, PresenceClient, Who};

#[mitto::handler]
fn who(_: PresenceClient, _: Who) -> Vec<String> {
    Vec::new()
}

#[mitto::provider(server of Presence: [who])]
struct Server;

fn main() {}
