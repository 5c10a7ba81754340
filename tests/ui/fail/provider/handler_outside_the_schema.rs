//! errors: 1

use mitto_test_handlers::{stray, who};
use mitto_test_messages::presence::Presence;

#[mitto::provider(server of Presence: [who, stray])]
struct Server;

fn main() {}
