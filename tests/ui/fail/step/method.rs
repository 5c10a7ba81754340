//! errors: 1

use mitto::pipeline::Flow;

struct Numbers;

impl Numbers {
    #[mitto::step]
    fn half(&self, n: i64) -> Flow<i64> {
        Flow::Next(n / 2)
    }
}

fn main() {}
