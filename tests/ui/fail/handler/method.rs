//! errors: 1

use mitto_test_messages::{Ping, Pong};

struct Server;

impl Server {
    #[mitto::handler]
    fn ping(&self, req: Ping) -> Pong {
        Pong { n: req.n }
    }
}

fn main() {}
