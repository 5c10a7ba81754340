//! errors: 1

use mitto_test_messages::presence::Presence;

fn who() {}

#[mitto::provider(server of Presence: [who])]
struct Server;

fn main() {}
