//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(was = "Old", was = "Old")]
struct Ask;

fn main() {}
