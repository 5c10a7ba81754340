mod messages {
    use mitto::Request;
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize, Request)]
    pub struct Connect;
}

use mitto_test_messages::{Ping, Watch};

mitto::schema! {
    /// Has mistakes.
    pub Chat {
        client => server as ChatClient: [Ping, Ping, messages::Connect, Watch as ping, Vec<u8>],
        client => sever as Other: [Ping],
        server => client: [Ping],
        sever => client as Third: [Ping],
    }
}

fn main() {}
