//! errors: 1

#[mitto::step]
fn half(n: i64) -> i64 {
    n / 2
}

fn main() {}
