//! errors: 1

use mitto::handler::Items;
use mitto_test_messages::{Tick, Watch};

#[mitto::handler]
async fn watch(_: Items<Tick>, _: Watch) -> Tick {
    Tick(1)
}

fn main() {}
