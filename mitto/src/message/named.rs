//! A message as generated code names it.

use super::{Message, MessageInfo};

/// A type that is a [`Message`]; every message is one.
///
/// Generated code asks for this, as the compiler would answer a bound on `Message` itself with a list of
/// messages that have nothing to do with the mistake.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message [mitto::E250]",
    label = "not a message",
    note = "add `#[derive(mitto::Request)]` or `#[derive(mitto::Notification)]` to `{Self}`"
)]
pub trait IsMessage: Sized + Send + 'static {
    /// What is known of it.
    const INFO: &'static MessageInfo;

    /// The type itself.
    type As: Message;
}

#[diagnostic::do_not_recommend]
impl<M: Message> IsMessage for M {
    const INFO: &'static MessageInfo = M::INFO;
    type As = M;
}
