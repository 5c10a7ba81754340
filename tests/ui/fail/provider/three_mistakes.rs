//! errors: 3

use mitto_test_handlers::who;
use mitto_test_messages::presence::Presence;

#[mitto::provider(server of Presence: [who, who, include there, 3])]
struct Server;

fn main() {}
