//! errors: 1

use mitto::handler::State;
use mitto_test_messages::presence::{Presence, Who};

#[mitto::handler]
fn who(State(names): State<Vec<String>>, _: Who) -> Vec<String> {
    names
}

#[mitto::provider(server of Presence: [who])]
struct Server;

fn main() {}
