//! errors: 1

#[mitto::handler]
struct Ping;

fn main() {}
