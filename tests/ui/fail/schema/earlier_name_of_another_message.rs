//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
pub struct One;

#[derive(Serialize, Deserialize, Request)]
#[request(was = "One")]
pub struct Two;

mitto::schema! {
    pub Talk {
        client => server as TalkClient: [One, Two],
    }
}

fn main() {}
