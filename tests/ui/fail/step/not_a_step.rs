//! errors: 1

use mitto::pipeline::Steps;

struct Half;

fn main() {
    let _ = Steps::new().step::<Half>();
}
