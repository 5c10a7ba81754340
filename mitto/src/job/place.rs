//! Where the future of a handler lives.

use std::any::Any;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::Answer;

/// Holds the futures of one handler, one after another.
///
/// What an implementation does is compiled for every handler, so it is only what needs to know the
/// handler's types; the rest is in [`Run`](super::Run).
pub(crate) trait Place: Send {
    /// Polls the future; when it is ready, drops it and gives the answer.
    fn poll(self: Pin<&mut Self>, answer: &mut Option<Answer>, cx: &mut Context<'_>) -> Poll<()>;

    /// Drops the future, if there is one.
    fn clear(self: Pin<&mut Self>);

    /// Takes the future out of `from`, an `Option` of one. Whether it is of the right type.
    fn fill(self: Pin<&mut Self>, from: &mut dyn Any) -> bool;
}
