//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(timeout = "1s", timeout = "2s")]
struct Ask;

fn main() {}
