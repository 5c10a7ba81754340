//! errors: 1

use mitto::pipeline::Flow;

struct Page;

#[mitto::step]
fn fetch(_: Page) -> Flow<String> {
    Flow::Stop
}

fn main() {}
