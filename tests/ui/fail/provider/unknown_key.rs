//! errors: 1

use mitto_test_handlers::who;
use mitto_test_messages::presence::Presence;

#[mitto::provider(server of Presence: [who], krate = ::mitto)]
struct Server;

fn main() {}
