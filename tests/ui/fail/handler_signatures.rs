use mitto::handler::State;
use mitto_test_messages::{Ping, Pong};

struct Server;

impl Server {
    #[mitto::handler]
    fn method(&self, req: Ping) -> Pong {
        Pong { n: req.n }
    }
}

#[mitto::handler]
fn generic<T>(_: State<T>, req: Ping) -> Pong {
    Pong { n: req.n }
}

#[mitto::handler]
fn nothing() -> Pong {
    Pong { n: 1 }
}

#[mitto::handler]
fn reference(req: &Ping) -> Pong {
    Pong { n: req.n }
}

#[mitto::handler]
fn message_first(req: Ping, _state: State<u8>) -> Pong {
    Pong { n: req.n }
}

#[mitto::handler]
unsafe extern "C" fn foreign(req: Ping) -> Pong {
    Pong { n: req.n }
}

#[mitto::handler]
const fn constant(req: Ping) -> Pong {
    Pong { n: req.n }
}

#[mitto::handler]
fn u8(req: Ping) -> Pong {
    Pong { n: req.n }
}

#[mitto::handler]
fn plain_argument(_n: u32, req: Ping) -> Pong {
    Pong { n: req.n }
}

#[mitto::handler(spawn)]
fn spawned(req: Ping) -> Pong {
    Pong { n: req.n }
}

#[mitto::handler(blocking)]
async fn blocked(req: Ping) -> Pong {
    Pong { n: req.n }
}

#[mitto::handler(blokcing)]
fn mistyped(req: Ping) -> Pong {
    Pong { n: req.n }
}

#[mitto::handler]
struct NoFn;

fn main() {}
