//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(requires = ["read", 7])]
struct Ask;

fn main() {}
