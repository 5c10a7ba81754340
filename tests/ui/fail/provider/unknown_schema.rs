//! errors: 1

use mitto_test_handlers::who;

#[mitto::provider(server of Presense: [who])]
struct Server;

fn main() {}
