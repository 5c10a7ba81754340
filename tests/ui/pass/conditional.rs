//! What is left out by `cfg` leaves nothing behind.

use mitto_test_messages::{Ping, Pong};

#[cfg(any())]
#[mitto::handler]
fn ping(_: Nowhere) {}

#[mitto::handler]
#[cfg(any())]
fn ping(_: Nowhere) {}

#[mitto::handler]
#[cfg(all())]
fn ping(req: Ping) -> Pong {
    Pong { n: req.n }
}

fn main() {
    assert_eq!(ping(Ping { n: 1 }).n, 1);
}
