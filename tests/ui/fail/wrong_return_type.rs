use mitto::handler::Items;
use mitto_test_messages::{Login, LoginError, Ping, Pong, Tick, Watch};

#[mitto::handler]
fn ping(_: Ping) -> u64 {
    1
}

#[mitto::handler]
async fn login(_: Login) -> Result<Pong, LoginError> {
    Ok(Pong { n: 1 })
}

#[mitto::handler]
async fn watch(_items: Items<Tick>, _: Watch) -> Tick {
    Tick(1)
}

#[mitto::handler]
fn nothing(_: Ping) {}

fn main() {}
