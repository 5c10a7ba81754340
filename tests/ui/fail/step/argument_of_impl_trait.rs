//! errors: 1

use mitto::pipeline::Flow;

#[mitto::step]
fn show(value: impl ToString) -> Flow<String> {
    Flow::Next(value.to_string())
}

fn main() {}
