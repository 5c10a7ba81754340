//! errors: 1

use mitto::pipeline::{Flow, StepContext};

#[mitto::step]
fn tell(ctx: &mut StepContext) -> Flow<i64> {
    ctx.print("here");
    Flow::Stop
}

fn main() {}
