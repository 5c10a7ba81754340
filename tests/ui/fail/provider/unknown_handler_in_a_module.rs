//! errors: 1

use mitto_test_messages::presence::Presence;

mod presence {}

#[mitto::provider(server of Presence: [presence::who])]
struct Server;

fn main() {}
