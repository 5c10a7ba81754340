//! errors: 1

mitto::schema! {}

fn main() {}
