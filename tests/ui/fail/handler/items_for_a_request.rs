//! errors: 1

use mitto::handler::Items;
use mitto_test_messages::{Ping, Pong};

#[mitto::handler]
async fn ping(_: Items<Pong>, req: Ping) -> Pong {
    Pong { n: req.n }
}

fn main() {}
