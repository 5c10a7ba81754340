//! errors: 1

use mitto_test_messages::presence::Presence;

struct Who;

#[mitto::provider(server of Presence: [Who])]
struct Server;

fn main() {}
