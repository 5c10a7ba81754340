//! errors: 1

#[mitto::provider(server of Presence: [who], krate = ::mitto)]
struct Server;

fn main() {}
