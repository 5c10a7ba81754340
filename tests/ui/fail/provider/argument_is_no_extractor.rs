//! errors: 1

use mitto_test_messages::presence::{Presence, Who};

struct Locale;

#[mitto::handler]
fn who(_: Locale, _: Who) -> Vec<String> {
    Vec::new()
}

#[mitto::provider(server of Presence: [who])]
struct Server;

fn main() {}
