//! errors: 1

use futures_util::Stream;
use mitto_test_messages::Watch;

#[mitto::handler]
fn watch(_: Watch) -> impl Stream<Item = u64> + Send + 'static {
    futures_util::stream::empty()
}

fn main() {}
