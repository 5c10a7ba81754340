//! errors: 1

use mitto_test_messages::Ping;

mitto::schema! {
    pub Talk {
        client => server as TalkClient: [Ping Stray],
    }
}

fn main() {}
