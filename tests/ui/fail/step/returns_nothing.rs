//! errors: 1

use mitto::pipeline::StepContext;

#[mitto::step]
fn tell(ctx: &mut StepContext, text: String) {
    ctx.print(&text);
}

fn main() {}
