use mitto::handler::Items;
use mitto_test_messages::{Ping, Pong, Watch};

#[mitto::handler]
async fn watch(_items: Items<String>, _: Watch) {}

#[mitto::handler]
async fn ping(_items: Items<Pong>, _: Ping) -> Pong {
    Pong { n: 1 }
}

fn main() {}
