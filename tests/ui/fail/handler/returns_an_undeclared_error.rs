//! errors: 1

use mitto_test_messages::{LoginError, Ping, Pong};

#[mitto::handler]
fn ping(_: Ping) -> Result<Pong, LoginError> {
    Err(LoginError::Unknown)
}

fn main() {}
