//! errors: 1

use mitto_test_messages::{ChatClient, Ping};

async fn ping(chat: ChatClient) -> Result<u64, mitto::Status> {
    let n: u64 = chat.ping(Ping { n: 1 }).await?;
    Ok(n)
}

fn main() {}
