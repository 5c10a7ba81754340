//! errors: 1

#[mitto::provider(server of Presence: [who])]
fn server() {}

fn main() {}
