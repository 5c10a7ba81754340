//! errors: 1

#[mitto::provider]
struct Server;

fn main() {}
