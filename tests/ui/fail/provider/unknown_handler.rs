//! errors: 1

use mitto_test_messages::presence::Presence;

#[mitto::provider(server of Presence: [whoo])]
struct Server;

fn main() {}
