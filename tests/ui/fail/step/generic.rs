//! errors: 1

use mitto::pipeline::Flow;

#[mitto::step]
fn same<T>(value: T) -> Flow<T> {
    Flow::Next(value)
}

fn main() {}
