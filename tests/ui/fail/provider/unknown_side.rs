//! errors: 1

#[mitto::provider(worker of Presence: [who])]
struct Server;

fn main() {}
