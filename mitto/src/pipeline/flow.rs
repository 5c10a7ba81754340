//! What a step comes to.

use crate::message::Travels;
use crate::status::Status;

/// What comes after a step.
///
/// `T` goes to the next step, `A` is an answer that no other step sees; where only one is named they are
/// the same type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow<T, A = T> {
    /// The next step gets this; after the last one it is the answer.
    Next(T),
    /// No other step runs. The answer is `()`.
    Stop,
    /// No other step runs, and this is the answer.
    Answer(A),
}

/// What a step may return: a [`Flow`], or a `Result` of one with a [`Status`].
#[diagnostic::on_unimplemented(
    message = "a step returns `Flow<T>` or `Result<Flow<T>, Status>`, not `{Self}` [mitto::E651]",
    label = "not a `Flow`",
    note = "wrap the value: `Flow::Next(value)` goes on with it, `Flow::Answer(value)` answers it"
)]
pub trait Flows {
    /// What goes to the next step.
    type Next: Travels + Send + 'static;

    /// What is answered at once.
    type Answer: Travels + Send + 'static;

    /// The flow.
    ///
    /// # Errors
    ///
    /// What the message is to be refused with.
    fn flow(self) -> Result<Flow<Self::Next, Self::Answer>, Status>;
}

#[diagnostic::do_not_recommend]
impl<T, A> Flows for Flow<T, A>
where
    T: Travels + Send + 'static,
    A: Travels + Send + 'static,
{
    type Next = T;
    type Answer = A;

    fn flow(self) -> Result<Self, Status> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T, A> Flows for Result<Flow<T, A>, Status>
where
    T: Travels + Send + 'static,
    A: Travels + Send + 'static,
{
    type Next = T;
    type Answer = A;

    fn flow(self) -> Self {
        self
    }
}
