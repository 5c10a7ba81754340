//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(was = "Old")]
pub struct One;

#[derive(Serialize, Deserialize, Request)]
#[request(was = "Old")]
pub struct Two;

mitto::schema! {
    pub Talk {
        client => server as TalkClient: [One, Two],
    }
}

fn main() {}
