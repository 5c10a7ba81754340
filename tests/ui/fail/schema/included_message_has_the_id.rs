//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(id = 7)]
pub struct One;

mitto::schema! {
    pub Talk {
        include mitto_test_messages::Chat,
        client => server as TalkClient: [One],
    }
}

fn main() {}
