//! errors: 1

use futures_util::Stream;
use mitto_test_messages::{Ping, Pong};

#[mitto::handler]
fn ping(_: Ping) -> impl Stream<Item = Pong> + Send + 'static {
    futures_util::stream::empty()
}

fn main() {}
