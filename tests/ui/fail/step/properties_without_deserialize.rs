//! errors: 1

use mitto::pipeline::Flow;

struct Limits;

#[mitto::step]
fn fetch(_: &Limits, url: String) -> Flow<String> {
    Flow::Next(url)
}

fn main() {}
