//! errors: 1

use mitto::handler::State;
use mitto_test_messages::presence::{Presence, Who};

struct Names;

#[mitto::handler]
fn who(_: State<Names>, _: Who) -> Vec<String> {
    Vec::new()
}

#[mitto::provider(server of Presence: [who])]
struct Server(Names);

fn main() {}
