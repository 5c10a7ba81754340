//! errors: 1

use mitto_test_messages::{ChatClient, Confirm};

async fn other_way(chat: ChatClient) {
    let _ = chat.confirm(Confirm).await;
}

fn main() {}
