//! errors: 1

use mitto_test_handlers::{ping, ping_again, who};
use mitto_test_messages::Lounge;

#[mitto::provider(server of Lounge: [ping, ping_again, who])]
struct Server;

fn main() {}
