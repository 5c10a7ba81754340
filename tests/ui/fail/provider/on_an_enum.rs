//! errors: 1

#[mitto::provider(server of Presence: [who])]
enum Server {}

fn main() {}
