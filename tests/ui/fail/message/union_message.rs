//! errors: 1

use mitto::Request;

#[derive(Request)]
union Ask {
    n: u8,
}

fn main() {}
