//! errors: 1

use mitto::Sends;
use mitto_test_messages::{ChatClient, Confirm};

async fn other_way(chat: ChatClient) {
    let _ = chat.call(Confirm).await;
}

fn main() {}
