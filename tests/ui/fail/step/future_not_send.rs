//! errors: 1

use std::rc::Rc;

use mitto::pipeline::Flow;

#[mitto::step]
async fn slow(n: i64) -> Flow<i64> {
    let held = Rc::new(n);
    std::future::ready(()).await;
    Flow::Next(*held)
}

fn main() {}
