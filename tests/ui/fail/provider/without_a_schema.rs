//! errors: 1

#[mitto::provider(server of: [who])]
struct Server;

fn main() {}
