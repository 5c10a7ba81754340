//! errors: 1

use mitto::Sends;
use mitto_test_messages::{ChatClient, Stray};

async fn outside(chat: ChatClient) {
    let _ = chat.call(Stray).await;
}

fn main() {}
