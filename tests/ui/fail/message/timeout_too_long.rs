//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(timeout = "9999999999999999h")]
struct Ask;

fn main() {}
