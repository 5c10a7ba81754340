//! errors: 1

mitto::schema! {
    pub Talk {
        include mitto_test_messages::presence::Presence as peer,
    }
}

fn main() {}
