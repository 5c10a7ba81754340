mitto::schema! {
    /// Lists what is no message.
    pub Chat {
        client => server as ChatClient: [mitto_test_messages::Ping, mitto_test_messages::Pong],
    }
}

fn main() {}
