//! errors: 1

use mitto_test_messages::Pong;

mitto::schema! {
    pub Talk {
        client => server as TalkClient: [Pong],
    }
}

fn main() {}
