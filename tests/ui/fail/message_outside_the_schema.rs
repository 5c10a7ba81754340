use mitto::Sends;
use mitto_test_messages::{ChatClient, Confirm, Stray};

async fn outside(chat: ChatClient) {
    let _ = chat.call(Stray).await;
}

async fn other_way(chat: ChatClient) {
    let _ = chat.confirm(Confirm).await;
}

fn main() {}
