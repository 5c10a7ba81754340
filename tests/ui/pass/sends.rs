//! Code that is generic over who sends a message.

use mitto::{Sends, Status};
use mitto_test_messages::{ChatClient, LoungeClient, Ping, Pong};

async fn twice<S: Sends<Ping>>(stub: &S) -> Result<Pong, Status> {
    stub.call(Ping { n: 1 }).await?;
    stub.call(Ping { n: 2 }).await
}

async fn both(chat: ChatClient, lounge: LoungeClient) {
    let _ = (twice(&chat).await, twice(&lounge).await);
}

fn main() {
    let _ = both;
}
