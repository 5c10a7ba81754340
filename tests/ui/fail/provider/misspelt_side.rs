//! errors: 1

#[mitto::provider(sever of Presence: [who])]
struct Server;

fn main() {}
