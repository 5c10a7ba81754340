use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(id = 9)]
pub struct One;

#[derive(Serialize, Deserialize, Request)]
#[request(id = 9)]
pub struct Two;

#[derive(Serialize, Deserialize, Request)]
#[request(name = "One")]
pub struct Three;

#[derive(Serialize, Deserialize, Request)]
#[request(was = "One", was = "Four")]
pub struct Five;

#[derive(Serialize, Deserialize, Request)]
#[request(was = "Four")]
pub struct Six;

mitto::schema! {
    /// Has messages that cannot be told apart.
    pub Chat {
        client => server as ChatClient: [One, Two, Three, Five, Six],
    }
}

fn main() {}
