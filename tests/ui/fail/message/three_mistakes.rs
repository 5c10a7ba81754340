//! errors: 3

use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(respons = u8, timeout = "5", id = 0)]
struct Ask;

fn main() {}
