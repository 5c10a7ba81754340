use mitto_test_handlers::{ping, ping_again};
use mitto_test_messages::presence::Presence;
use mitto_test_messages::{Lounge, presence::Who};

#[mitto::handler]
fn who(_: Who) -> Vec<String> {
    Vec::new()
}

#[mitto::provider(server of Presence: [who])]
struct There;

#[mitto::provider(server of Lounge: [ping, ping_again, include there])]
struct Server {
    there: There,
}

fn main() {}
