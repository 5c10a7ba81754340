//! errors: 1

use mitto_test_handlers::auth::login;
use mitto_test_handlers::ping;
use mitto_test_messages::{Chat, Typing, Watch};

#[mitto::handler]
fn watch(_: Watch) {}

#[mitto::handler]
fn typing(_: Typing) {}

#[mitto::provider(server of Chat: [ping, login, watch, typing])]
struct Server;

fn main() {}
