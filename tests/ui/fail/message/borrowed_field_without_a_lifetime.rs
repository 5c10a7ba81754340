//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
struct Ask {
    value: &str,
}

fn main() {}
