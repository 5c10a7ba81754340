//! errors: 1

use mitto_test_messages::Chat;

#[mitto::provider(server of Chat: [])]
struct Server;

fn main() {}
