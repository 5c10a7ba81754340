//! errors: 2

use mitto_test_handlers::who;
use mitto_test_messages::presence::Presence;

#[mitto::provider(server of Presence: [who])]
struct Server(std::cell::Cell<u8>);

fn main() {}
