//! errors: 3

use mitto_test_handlers::confirm;
use mitto_test_messages::{Chat, Ping};

#[mitto::provider(client of Chat: [confirm])]
struct Client;

async fn other_way(client: Client) {
    let _ = client.call(Ping { n: 1 }).await;
}

fn main() {}
