//! errors: 1

#[mitto::step]
struct Half;

fn main() {}
