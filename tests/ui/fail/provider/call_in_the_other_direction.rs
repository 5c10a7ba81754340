//! errors: 3
//!
//! Three times for one reason: see `call_outside_the_schema.rs`.

use mitto_test_handlers::confirm;
use mitto_test_messages::{Chat, Ping};

#[mitto::provider(client of Chat: [confirm])]
struct Client;

async fn other_way(client: Client) {
    let _ = client.call(Ping { n: 1 }).await;
}

fn main() {}
