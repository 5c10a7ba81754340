//! errors: 1

use mitto_test_handlers::who;

struct Presence;

#[mitto::provider(server of Presence: [who])]
struct Server;

fn main() {}
