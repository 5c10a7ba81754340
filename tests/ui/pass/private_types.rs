//! Everything may be private, or as public as can be.
#![deny(warnings, clippy::pedantic)]
#![allow(dead_code)]

mod messages {
    use mitto::Request;
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize, Request)]
    #[request(response = String)]
    pub(crate) struct Ask;
}

use messages::Ask;

mitto::schema! {
    Talk {
        client => server as TalkClient: [Ask],
    }
}

#[derive(Clone)]
struct Hidden(String);

#[mitto::handler]
async fn ask(state: mitto::handler::State<Hidden>, _: Ask) -> String {
    state.0.0
}

#[mitto::provider(server of Talk: [ask])]
pub struct Server {
    hidden: Hidden,
}

fn local() {
    #[mitto::handler]
    fn again(_: Ask) -> Result<String, mitto::status::Status> {
        Ok(String::new())
    }

    #[mitto::provider(server of Talk: [again])]
    struct Inner;
}

fn main() {
    local();
}
