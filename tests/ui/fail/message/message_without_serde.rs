//! errors: 1

use mitto::Request;

#[derive(Request)]
struct Ask;

fn main() {}
