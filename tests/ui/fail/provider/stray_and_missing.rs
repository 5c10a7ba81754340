//! errors: 2

use mitto_test_handlers::{stray, who};
use mitto_test_messages::Lounge;

#[mitto::provider(server of Lounge: [who, stray])]
struct Server;

fn main() {}
