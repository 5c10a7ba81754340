//! errors: 1

use mitto_test_handlers::who;
use mitto_test_messages::presence::{Presence, PresenceClient};

#[mitto::provider(server of Presence: [who])]
struct There;

fn provide() {
    let _ = PresenceClient::builder().provide(There);
}

fn main() {}
