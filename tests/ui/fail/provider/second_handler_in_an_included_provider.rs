//! errors: 1

use mitto_test_handlers::{ping, who};
use mitto_test_messages::Lounge;
use mitto_test_messages::presence::Presence;

#[mitto::provider(server of Presence: [who])]
struct There;

#[mitto::provider(server of Lounge: [ping, who, include there])]
struct Server {
    there: There,
}

fn main() {}
