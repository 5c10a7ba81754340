//! Steps for the examples with hosts.

use std::sync::Arc;

use mitto::pipeline::{Flow, StepContext, Steps};
use tokio::sync::Notify;

/// All of them.
pub(crate) fn all() -> Steps {
    Steps::new().step::<decrement>()
}

/// Goes on with one less, and stops at 0; then it wakes whoever waits for that.
#[mitto::step]
fn decrement(ctx: &mut StepContext, n: i64) -> Flow<i64> {
    let address = ctx.address().map(|address| address.to_string());
    ctx.print(&format!("{}: {n}", address.unwrap_or_default()));
    if n > 0 {
        return Flow::Next(n - 1);
    }
    if let Some(done) = ctx.state::<Arc<Notify>>() {
        done.notify_one();
    }
    Flow::Stop
}
