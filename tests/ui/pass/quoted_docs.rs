//! Doc comments with quotes, braces and backslashes.

use mitto::Request;
use serde::{Deserialize, Serialize};

/// Says "hello" to `{name}`, with a \ and a `"` and {{}}.
/**
 * In a block, too.
 */
#[doc = r#"And "raw"."#]
#[doc = concat!("put ", "together")]
#[derive(Serialize, Deserialize, Request)]
pub struct Hello;

mitto::schema! {
    /// "Talks" about {} and \n.
    #[doc(alias = "chat")]
    pub Talk {
        client => server as TalkClient: [Hello],
    }
}

/// Answers "hello".
#[mitto::handler]
fn hello(_: Hello) {}

/// Serves "hello".
#[mitto::provider(server of Talk: [hello])]
struct Server {
    /// A "field".
    _name: String,
}

fn main() {}
