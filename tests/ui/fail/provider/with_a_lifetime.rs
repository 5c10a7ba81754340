//! errors: 1

#[mitto::provider(server of Presence: [who])]
struct Server<'a>(&'a str);

fn main() {}
