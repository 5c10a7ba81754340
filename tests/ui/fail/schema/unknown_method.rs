//! errors: 1

use mitto_test_messages::{ChatClient, Ping};

async fn misspelt(chat: ChatClient) {
    let _ = chat.pin(Ping { n: 1 }).await;
}

fn main() {}
