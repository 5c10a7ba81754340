//! Mitto under another name, and re-exported by another crate.

extern crate mitto as messaging;

mod toolkit {
    pub use messaging::{Request, handler, private, provider, schema};
}

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, messaging::Request)]
#[request(response = u8, crate = ::messaging)]
pub struct Ask;

#[derive(Serialize, Deserialize, toolkit::Request)]
#[request(response = u8, crate = crate::toolkit)]
pub struct AskAgain;

toolkit::schema! {
    /// Talks.
    pub Talk {
        client => server as TalkClient: [Ask, AskAgain],
    }
}

#[messaging::handler(crate = messaging)]
fn ask(_: Ask) -> u8 {
    1
}

#[toolkit::handler(crate = crate::toolkit)]
fn again(_: AskAgain) -> u8 {
    2
}

#[toolkit::provider(server of Talk: [ask, again], crate = crate::toolkit)]
struct Server;

fn main() {}
