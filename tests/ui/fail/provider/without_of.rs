//! errors: 1

#[mitto::provider(server Presence: [who])]
struct Server;

fn main() {}
