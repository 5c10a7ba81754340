//! errors: 1

mitto::schema! {
    pub Talk {
        include mitto_test_messages::Chat,
        include mitto_test_messages::Chat as again,
    }
}

fn main() {}
