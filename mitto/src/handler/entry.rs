//! What is known of a handler at compile time.

use crate::job::{Answer, Job, Run};
use crate::message::MessageInfo;
use crate::status::Status;

/// A fn that answers one message, and how a provider `S` runs it; written by `#[mitto::handler]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler [mitto::E455]",
    label = "not a handler: put `#[mitto::handler]` on the fn"
)]
pub trait Runs<S>: 'static {
    /// What a provider's list holds of it.
    const LISTED: Listed<S>;
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
    /// The same as [`Runs::LISTED`].
    const LISTED: Listed<S>;
}

impl<S, H: Runs<S>> Serve<S> for H {
    const LISTED: Listed<S> = H::LISTED;
}

/// Runs one handler with the state `S`.
pub type RunFn<S> = fn(&S, &mut Job<'_>, Answer) -> Run;

/// A handler as a provider lists it.
#[derive(Debug)]
pub struct Listed<S> {
    /// What it is.
    pub handled: Handled,
    /// Decodes the message, extracts the arguments, runs the handler, answers.
    pub run: RunFn<S>,
}

impl<S> Listed<S> {
    /// A handler of this name.
    pub const fn new(name: &'static str, message: &'static MessageInfo, run: RunFn<S>) -> Self {
        let message = Some(message);
        Self {
            handled: Handled { name, message },
            run,
        }
    }

    /// A handler whose head has a mistake, which is reported there.
    pub const fn broken(name: &'static str, message: Option<&'static MessageInfo>) -> Self {
        Self {
            handled: Handled { name, message },
            run: broken::<S>,
        }
    }
}

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

/// Stands for a handler that does not compile, so that it never runs.
pub fn broken<S>(_: &S, _: &mut Job<'_>, answer: Answer) -> Run {
    answer.fail(Status::unavailable("the handler did not compile"));
    Run::done()
}
