//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(retry = "3")]
struct Ask;

fn main() {}
