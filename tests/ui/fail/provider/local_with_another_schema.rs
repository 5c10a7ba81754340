//! errors: 1

use mitto_test_handlers::who;
use mitto_test_messages::ChatClient;
use mitto_test_messages::presence::Presence;

#[mitto::provider(server of Presence: [who])]
struct There;

fn local() {
    let _ = ChatClient::local(There);
}

fn main() {}
