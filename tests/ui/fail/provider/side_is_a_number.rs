//! errors: 1

#[mitto::provider(7 of Presence: [who])]
struct Server;

fn main() {}
