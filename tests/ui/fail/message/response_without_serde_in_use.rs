//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

struct Answer;

#[derive(Serialize, Deserialize, Request)]
#[request(response = Answer)]
struct Ask;

mitto::schema! {
    Asking { client => server as AskingClient: [Ask] }
}

#[mitto::handler]
fn ask(_: Ask) -> Answer {
    Answer
}

#[mitto::provider(server of Asking: [ask])]
struct Server;

async fn call(client: AskingClient) {
    let _ = client.ask(Ask).await;
}

fn main() {}
