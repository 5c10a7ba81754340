//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(name = "mitto-ping")]
struct Ask;

fn main() {}
