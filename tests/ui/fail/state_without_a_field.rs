use mitto_test_handlers::auth::login;
use mitto_test_messages::{Chat, Ping, Pong, Typing, Watch};

#[mitto::handler]
fn ping(_: Ping) -> Pong {
    Pong { n: 1 }
}

#[mitto::handler]
fn watch(_: Watch) {}

#[mitto::handler]
fn typing(_: Typing) {}

#[mitto::provider(server of Chat: [ping, login, watch, typing])]
struct Server;

fn main() {}
