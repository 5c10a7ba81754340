use mitto_test_messages::presence::{Presence, Who};
use mitto_test_messages::Ping;

#[mitto::handler]
fn who(_: Who) -> Vec<String> {
    Vec::new()
}

#[mitto::provider(server of Presence: [who])]
struct Server;

async fn outside(server: Server) {
    let _ = server.call(Ping { n: 1 }).await;
}

fn main() {}
