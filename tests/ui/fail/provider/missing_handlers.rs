//! errors: 1

use mitto_test_handlers::ping;
use mitto_test_messages::Chat;

#[mitto::provider(server of Chat: [ping])]
struct Server;

fn main() {}
