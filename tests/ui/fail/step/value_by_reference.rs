//! errors: 1

use mitto::pipeline::{Flow, StepContext};

#[mitto::step]
fn tell(ctx: &mut StepContext, text: &String) -> Flow<()> {
    ctx.print(text);
    Flow::Stop
}

fn main() {}
