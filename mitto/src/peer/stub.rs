//! The typed callers of one side of a schema.

use std::fmt;

use super::{Call, Peer};
use crate::schema::{End, Schema, SentTo};

/// A typed handle to the other end of a schema; written by `mitto::schema!`, with one method per
/// message. Everything that is not about a message is on its [`Peer`].
pub trait Stub: From<Peer> + Clone + Send + Sync + 'static {
    /// The schema.
    type Schema: Schema;

    /// The role that it calls.
    type Receiver: End;

    /// The other end.
    fn peer(&self) -> &Peer;
}

/// A stub that sends `M`: for code that is generic over the message.
///
/// ```
/// # #[derive(serde::Serialize, serde::Deserialize, mitto::Request)]
/// # #[request(response = u64)]
/// # struct Ping { n: u64 }
/// use mitto::{Sends, Status};
///
/// async fn twice<S: Sends<Ping>>(stub: &S) -> Result<u64, Status> {
///     stub.call(Ping { n: 1 }).await?;
///     stub.call(Ping { n: 2 }).await
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not send `{M}` [mitto::E501]",
    label = "not in the schema of `{Self}`, or it goes the other way"
)]
pub trait Sends<M>: Stub {
    /// Sends the message.
    fn call(&self, message: M) -> Call<'_, M> {
        Call::new(self.peer(), message)
    }
}

#[diagnostic::do_not_recommend]
impl<S: Stub, M: SentTo<S::Receiver, S::Schema>> Sends<M> for S {}

/// What a stub's methods do. Without a bound: that each is a message is checked once, in its schema.
pub fn call<M>(peer: &Peer, message: M) -> Call<'_, M> {
    Call::new(peer, message)
}

/// The stub of a schema that sends to `E`, for schemas that include it.
pub trait Calls<E>: Schema {
    /// The stub; [`NoCalls`] where no messages go that way.
    type Stub: From<Peer> + Clone + fmt::Debug + Send + Sync + 'static;
}

/// The stub of a direction without messages.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct NoCalls;

impl From<Peer> for NoCalls {
    fn from(_: Peer) -> Self {
        Self
    }
}
