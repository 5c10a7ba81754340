//! errors: 3

use mitto_test_handlers::who;
use mitto_test_messages::Ping;
use mitto_test_messages::presence::Presence;

#[mitto::provider(server of Presence: [who])]
struct There;

async fn outside(there: There) {
    let _ = there.call(Ping { n: 1 }).await;
}

fn main() {}
