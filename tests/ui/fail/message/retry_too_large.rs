//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(retry = 101)]
struct Ask;

fn main() {}
