//! errors: 1

use mitto::Sends;
use mitto_test_messages::ChatClient;

async fn number(chat: ChatClient) {
    let _ = chat.call(1).await;
}

fn main() {}
