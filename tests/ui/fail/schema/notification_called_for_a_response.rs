//! errors: 1

use mitto_test_messages::{ChatClient, Typing};

async fn typing(chat: ChatClient) -> Result<u64, mitto::Status> {
    let n: u64 = chat.typing(Typing { user: String::new() }).await?;
    Ok(n)
}

fn main() {}
