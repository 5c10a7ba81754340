use mitto_test_handlers::ping;
use mitto_test_messages::presence::{Presence, Who};

#[mitto::handler]
fn who(_: Who) -> Vec<String> {
    Vec::new()
}

#[mitto::provider(server of Presence: [who, ping])]
struct Server;

fn main() {}
