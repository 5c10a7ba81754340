//! errors: 1

use mitto_test_handlers::who;
use mitto_test_messages::presence::Presence;

#[mitto::provider(server of Presence: [who])]
struct There;

fn serve() {
    let _ = mitto::Server::new(There).middleware(7);
}

fn main() {}
