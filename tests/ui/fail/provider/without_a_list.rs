//! errors: 1

#[mitto::provider(server of Presence)]
struct Server;

fn main() {}
