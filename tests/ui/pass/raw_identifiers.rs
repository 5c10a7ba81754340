//! Keywords as names of fields, messages, methods, handlers and modules.

use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(response = u8)]
pub struct Match {
    pub r#type: String,
}

#[allow(non_camel_case_types)]
#[derive(Serialize, Deserialize, Request)]
pub struct r#loop;

mitto::schema! {
    /// Talks.
    pub Talk {
        client => server as TalkClient: [Match, r#loop as r#while],
    }
}

pub mod r#mod {
    #[mitto::handler]
    pub fn r#match(req: super::Match) -> u8 {
        req.r#type.len() as u8
    }

    #[mitto::handler]
    pub fn r#while(_: super::r#loop) {}
}

#[mitto::provider(server of Talk: [r#mod::r#match, r#mod::r#while])]
struct Server {
    r#static: u8,
}

#[allow(dead_code)]
fn call(chat: &TalkClient) {
    let _ = chat.r#match(Match { r#type: String::new() });
    let _ = chat.r#while(r#loop);
}

fn main() {
    assert_eq!(Server { r#static: 1 }.r#static, 1);
}
