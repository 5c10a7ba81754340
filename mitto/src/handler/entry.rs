//! What is known of a handler at compile time.

use super::Watched;
use crate::job::{Answer, Job, Run};
use crate::message::MessageInfo;
use crate::status::Status;

/// A fn that answers one message; written by `#[mitto::handler]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler [mitto::E455]",
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
    message = "`{Self}` is not a handler [mitto::E455]",
    label = "not a handler: put `#[mitto::handler]` on the fn"
)]
pub trait Runs<S>: Handler {
    /// Decodes the message, extracts the arguments, runs the handler, answers.
    const RUN: RunFn<S>;
}

/// A handler that a provider `S` can run; every type that [`Runs`] is one.
///
/// Generated code asks for this, as the compiler would answer a bound on `Runs` itself with where that is
/// implemented, which is not what is wrong.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler [mitto::E455]",
    label = "not a handler: put `#[mitto::handler]` on the fn"
)]
pub trait Serve<S> {
    /// Its name and message.
    const INFO: Handled;

    /// The same as [`Runs::RUN`].
    const RUN: RunFn<S>;
}

impl<S, H: Runs<S>> Serve<S> for H {
    const INFO: Handled = H::INFO;
    const RUN: RunFn<S> = H::RUN;
}

/// Runs one handler with the state `S`.
pub type RunFn<S> = fn(&S, &mut Job<'_>, Answer) -> Run;

/// A handler as data.
#[derive(Clone, Copy, Debug)]
pub struct Handled {
    /// The name of the fn.
    pub name: &'static str,
    /// Its message; `None` after a mistake in the fn's head, which is reported there.
    pub message: Option<&'static MessageInfo>,
}

impl Handled {
    /// A fn in a provider's list that is no handler.
    pub const PLAIN: Self = Self {
        name: "",
        message: None,
    };
}

/// Stands for a handler whose head has a mistake; never runs, as that does not compile.
pub fn broken<S>(_: &S, _: &mut Job<'_>, answer: Answer) -> Run {
    answer.fail(Status::unavailable("the handler did not compile"));
    Run::done()
}
