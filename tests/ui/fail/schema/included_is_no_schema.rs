//! errors: 1

mitto::schema! {
    pub Talk {
        include mitto_test_messages::Ping,
    }
}

fn main() {}
