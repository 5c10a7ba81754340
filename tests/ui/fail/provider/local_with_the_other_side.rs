//! errors: 1

use mitto_test_handlers::confirm;
use mitto_test_messages::{Chat, ChatClient};

#[mitto::provider(client of Chat: [confirm])]
struct Client;

fn local() {
    let _ = ChatClient::local(Client);
}

fn main() {}
