//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(retry = 0)]
struct Ask;

fn main() {}
