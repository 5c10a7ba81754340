//! errors: 1

use mitto::pipeline::Flow;

#[mitto::step]
fn add(one: &i64, other: &i64, n: i64) -> Flow<i64> {
    Flow::Next(n + one + other)
}

fn main() {}
