//! errors: 1

use mitto_test_messages::ChatClient;

fn local() {
    let _ = ChatClient::local(());
}

fn main() {}
