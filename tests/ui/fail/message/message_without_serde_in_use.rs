//! errors: 1

use mitto::Request;
use mitto_test_messages::Pong;

#[derive(Request)]
#[request(response = Pong)]
struct Ask;

mitto::schema! {
    Asking { client => server as AskingClient: [Ask] }
}

#[mitto::handler]
fn ask(_: Ask) -> Pong {
    Pong { n: 1 }
}

#[mitto::provider(server of Asking: [ask])]
struct Server;

async fn call(client: AskingClient) {
    let _ = client.ask(Ask).await;
}

fn main() {}
