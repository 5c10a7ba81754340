//! errors: 1

use mitto_test_handlers::who;
use mitto_test_messages::presence::Presence;

#[mitto::provider(7 of Presence: [who])]
struct Server;

fn main() {}
