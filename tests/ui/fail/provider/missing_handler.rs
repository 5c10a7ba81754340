//! errors: 1

use mitto_test_handlers::ping;
use mitto_test_messages::Lounge;

#[mitto::provider(server of Lounge: [ping])]
struct Server;

fn main() {}
