//! errors: 1

use mitto_test_messages::{Login, LoginError, Pong};

#[mitto::handler]
async fn login(_: Login) -> Result<Pong, LoginError> {
    Ok(Pong { n: 1 })
}

fn main() {}
