//! errors: 1

use mitto_test_handlers::{confirm, ping};
use mitto_test_messages::Chat;

#[mitto::provider(client of Chat: [confirm, ping])]
struct Server;

fn main() {}
