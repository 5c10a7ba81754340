//! errors: 1

use mitto::pipeline::Flow;

#[mitto::step(crat = mitto)]
fn half(n: i64) -> Flow<i64> {
    Flow::Next(n / 2)
}

fn main() {}
