//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(address = "shop//Place")]
struct Ask;

fn main() {}
