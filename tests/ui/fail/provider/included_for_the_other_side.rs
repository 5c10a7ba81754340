//! errors: 1

use mitto_test_handlers::{confirm, who};
use mitto_test_messages::Chat;
use mitto_test_messages::presence::Presence;

#[mitto::provider(client of Chat: [confirm])]
struct Client;

#[mitto::provider(server of Presence: [who, include client])]
struct Server {
    client: Client,
}

fn main() {}
