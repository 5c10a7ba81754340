//! errors: 1

use mitto_test_messages::{ChatClient, Stray};

async fn other(chat: ChatClient) {
    let _ = chat.ping(Stray).await;
}

fn main() {}
