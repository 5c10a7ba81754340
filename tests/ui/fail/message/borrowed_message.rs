//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
struct Ask<'a> {
    value: &'a str,
}

fn main() {}
