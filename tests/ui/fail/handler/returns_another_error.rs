//! errors: 1

use mitto_test_messages::{Login, Token};

#[mitto::handler]
async fn login(_: Login) -> Result<Token, String> {
    Err(String::new())
}

fn main() {}
