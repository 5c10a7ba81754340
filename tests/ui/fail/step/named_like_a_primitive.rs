//! errors: 1

use mitto::pipeline::Flow;

#[mitto::step]
fn u64(n: i64) -> Flow<i64> {
    Flow::Next(n)
}

fn main() {}
