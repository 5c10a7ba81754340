//! errors: 1

use mitto::pipeline::Flow;

struct Db;

#[mitto::step]
fn store(_db: Db, text: String) -> Flow<String> {
    Flow::Next(text)
}

fn main() {}
