use mitto_test_messages::Pong;

#[mitto::handler]
async fn ping(_: Pong) -> Pong {
    Pong { n: 1 }
}

#[mitto::handler]
fn plain(_: Pong) -> Pong {
    Pong { n: 1 }
}

fn main() {}
