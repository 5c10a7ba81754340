//! errors: 1

use mitto::Request;
use serde::Serialize;

#[derive(Serialize, Request)]
struct Ask;

fn main() {}
