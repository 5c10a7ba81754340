//! errors: 1

#[mitto::provider(server of Presence: [who])]
struct Server<T>(T);

fn main() {}
