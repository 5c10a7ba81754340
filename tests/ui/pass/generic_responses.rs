//! Messages are not generic; what they carry and are answered with may be.

use std::collections::BTreeMap;

use mitto::Request;
use mitto::handler::Items;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub struct Page<T, const N: usize = 1> {
    pub items: Vec<T>,
}

#[derive(Serialize, Deserialize, Request)]
#[request(response = Page<BTreeMap<String, Option<u8>>, { 1 + 1 }>)]
pub struct List {
    pub filter: Option<(u8, [String; 2])>,
}

#[derive(Serialize, Deserialize, Request)]
#[request(stream = Result<Page<u8>, String>, error = Page<char>)]
pub struct Each;

mitto::schema! {
    /// Lists.
    pub Lists {
        client => server as ListsClient: [List, Each],
    }
}

type Listed = Page<BTreeMap<String, Option<u8>>, 2>;

#[mitto::handler]
fn list(_: List) -> Listed {
    Page { items: Vec::new() }
}

#[mitto::handler]
async fn each(_: Items<Result<Page<u8>, String>>, _: Each) -> Result<(), Page<char>> {
    Ok(())
}

#[mitto::provider(server of Lists: [list, each])]
struct Server;

fn main() {}
