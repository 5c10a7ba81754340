//! errors: 1

use mitto_test_messages::{Ping, Pong};

#[mitto::handler]
async fn ping(req: Ping) -> Pong {
    let kept = std::rc::Rc::new(req.n);
    std::future::ready(()).await;
    Pong { n: *kept }
}

fn main() {}
