//! errors: 1

use mitto::handler::Items;
use mitto_test_messages::Watch;

#[mitto::handler]
async fn watch(_: Items<String>, _: Watch) {}

fn main() {}
