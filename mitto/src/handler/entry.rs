//! What is known of a handler at compile time.

use super::Watched;
use crate::job::{Answer, Job, Run};
use crate::message::MessageInfo;
use crate::status::Status;

/// A fn that answers one message; written by `#[mitto::handler]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    label = "not a handler",
    note = "put `#[mitto::handler]` on the fn `{Self}`"
)]
pub trait Handler: 'static {
    /// Its name and message.
    const INFO: Handled;

    /// What is noticed of it while it runs.
    fn watched() -> &'static Watched;
}

/// How a provider `S` runs a handler; written by `#[mitto::handler]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler that `{S}` can run",
    label = "not a handler",
    note = "put `#[mitto::handler]` on the fn `{Self}`"
)]
pub trait Serve<S>: Handler {
    /// Its name and message; named here too so that what is no handler is reported once.
    const INFO: Handled = <Self as Handler>::INFO;

    /// Decodes the message, extracts the arguments, runs the handler, answers.
    const RUN: RunFn<S>;
}

/// Runs one handler with the state `S`.
pub type RunFn<S> = fn(&S, Job<'_>, Answer) -> Run;

/// A handler as data.
#[derive(Clone, Copy, Debug)]
pub struct Handled {
    /// The name of the fn.
    pub name: &'static str,
    /// Its message; `None` after a mistake in the fn's head, which is reported there.
    pub message: Option<&'static MessageInfo>,
}

/// Stands for a handler whose head has a mistake; never runs, as that does not compile.
pub fn broken<S>(_: &S, _: Job<'_>, answer: Answer) -> Run {
    answer.fail(Status::unavailable("the handler did not compile"));
    Run::done()
}
