use mitto_test_messages::{Chat, Confirm};

mod deep {
    use super::Confirm;

    #[mitto::handler]
    pub fn confirm(_: Confirm) -> bool {
        true
    }
}

#[mitto::handler]
fn ping(req: mitto_test_messages::Ping) -> mitto_test_messages::Pong {
    mitto_test_messages::Pong { n: req.n }
}

#[mitto::provider(client of Chat: [deep::confirm, ping])]
struct Client;

fn main() {}
