//! errors: 1

use mitto_test_messages::presence::Presence;

mod presence {
    pub(super) fn who() {}
}

#[mitto::provider(server of Presence: [presence::who])]
struct Server;

fn main() {}
