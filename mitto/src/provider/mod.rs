//! The compile-time table of handlers and their state.
//!
//! `#[mitto::provider]` writes a [`MessageProvider`] for a struct: message id, table, handler. The trait
//! is an ordinary one, so that a proxy or a registry filled at run time can be written by hand.

mod check;
mod no_handlers;
mod table;

use std::future::Future;
use std::sync::Arc;

pub use check::{
    HandledSet, all_handled, complete, count_handled, handled, if_fn, listed, sorted_ids,
};
pub use no_handlers::NoHandlers;
pub use table::{Row, Table, buckets, entry_order, row_count, rows, starts};

use crate::envelope::MessageId;
use crate::handler::{CallInPlace, Ended, InPlace};
use crate::job::{Answer, Job, Run};
use crate::message::Message;
use crate::peer::{Outcome, Stub};
use crate::schema::{Descriptor, End, SentTo, Side};
use crate::status::Status;

/// Handles the messages of one side of a schema.
///
/// # Examples
///
/// Written by hand, in front of another provider: it refuses what is not allowed now.
///
/// ```
/// # use mitto::{Request, handler, provider};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize, Request)]
/// # #[request(response = String)]
/// # struct Greet { name: String }
/// # mitto::schema! { Hello { client => server as HelloClient: [Greet] } }
/// # #[provider(server of Hello: [greet])]
/// # struct HelloServer;
/// # #[handler]
/// # fn greet(req: Greet) -> String { format!("Hello, {}!", req.name) }
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use mitto::envelope::MessageId;
/// use mitto::job::{Answer, Job, Run};
/// use mitto::provider::Serves;
/// use mitto::schema::{Descriptor, ServerSide, Side};
/// use mitto::{Code, MessageProvider, Status};
///
/// struct Closed<P>(P);
///
/// impl<P: MessageProvider> MessageProvider for Closed<P> {
///     fn descriptor(&self) -> &Descriptor {
///         self.0.descriptor()
///     }
///
///     fn side(&self) -> Side {
///         self.0.side()
///     }
///
///     fn handles(&self, id: MessageId) -> bool {
///         self.0.handles(id)
///     }
///
///     fn dispatch(&self, job: Job<'_>, answer: Answer) -> Run {
///         if job.metadata.get("key").is_some() {
///             return self.0.dispatch(job, answer);
///         }
///         answer.fail(Status::denied("closed on Sundays"));
///         Run::done()
///     }
/// }
///
/// // So that a typed client can be connected to it.
/// impl<P: Serves<Hello, ServerSide>> Serves<Hello, ServerSide> for Closed<P> {}
///
/// let client = HelloClient::local(Closed(HelloServer));
/// let greet = || client.greet(Greet { name: "Ada".into() });
/// assert_eq!(greet().await.unwrap_err().code(), Code::Denied);
/// assert_eq!(greet().metadata("key", "4711").await?, "Hello, Ada!");
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a provider [mitto::E504]",
    label = "not a struct with `#[mitto::provider(..)]`"
)]
pub trait MessageProvider: Send + Sync + 'static {
    /// The schema.
    fn descriptor(&self) -> &Descriptor;

    /// Which side of it this is.
    fn side(&self) -> Side;

    /// Whether there is a handler for a message, or for one that had this id earlier.
    fn handles(&self, id: MessageId) -> bool;

    /// Runs the handler of a job. A message without one is answered with `NotFound`.
    fn dispatch(&self, job: Job<'_>, answer: Answer) -> Run;
}

/// A provider of the side `E` of schema `C`.
///
/// `#[mitto::provider]` implements it. Implement it for a [`MessageProvider`] of your own to use it where
/// one of that schema is asked for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no provider for the `{E}` of schema `{C}` [mitto::E503]",
    label = "not a provider of that side and schema"
)]
pub trait Serves<C, E: End>: MessageProvider {}

/// A provider whose handlers may take the stub `St`, which calls whoever sent their message.
#[diagnostic::on_unimplemented(
    message = "the handlers of `{Self}` are not called by a `{St}`: take the stub that calls the other \
               side of its own schema [mitto::E457]",
    label = "this handler takes a `{St}`"
)]
pub trait CalledBy<St> {}

#[diagnostic::do_not_recommend]
impl<St: Stub, P: Serves<St::Schema, <St::Receiver as End>::Other>> CalledBy<St> for P {}

/// One provider behind several clients or servers.
#[diagnostic::do_not_recommend]
impl<P: MessageProvider + ?Sized> MessageProvider for Arc<P> {
    fn descriptor(&self) -> &Descriptor {
        (**self).descriptor()
    }

    fn side(&self) -> Side {
        (**self).side()
    }

    fn handles(&self, id: MessageId) -> bool {
        (**self).handles(id)
    }

    fn dispatch(&self, job: Job<'_>, answer: Answer) -> Run {
        (**self).dispatch(job, answer)
    }
}

#[diagnostic::do_not_recommend]
impl<C, E: End, P: Serves<C, E> + ?Sized> Serves<C, E> for Arc<P> {}

/// What `#[mitto::provider]` knows of a provider for the side `E`, for others that include it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no provider for a `{E}`, so it cannot be included [mitto::E456]",
    label = "not a provider of that side",
    note = "include a field whose type has `#[mitto::provider(..)]` for the same side"
)]
pub trait Provides<E> {
    /// Its handlers, those of included providers among them.
    const HANDLED: &'static HandledSet;

    /// The provider as one of any type.
    fn included(&self) -> &dyn MessageProvider;
}

/// The handler at a place in a provider's list; the place is an [`At`](crate::schema::At).
pub trait Entry<const N: usize> {
    /// The handler.
    type Handler;
}

/// The handler of the message at a place in the schema.
pub trait Slot<At> {
    /// The handler.
    type Handler;
}

/// A message that provider `P` handles itself.
#[diagnostic::on_unimplemented(
    message = "`{P}` has no handler for `{Self}` [mitto::E502]",
    label = "not a message that `{P}` handles itself"
)]
pub trait HandledBy<P, C, E>: Message<Kind: InPlace<Self>> {
    /// Calls the handler.
    fn call_on(self, provider: &P) -> impl Future<Output = Outcome<Self>> + Send;
}

#[diagnostic::do_not_recommend]
impl<P, C, E, M> HandledBy<P, C, E> for M
where
    M: Message<Kind: InPlace<M>> + SentTo<E, C>,
    P: Slot<M::At> + Sync,
    <P as Slot<M::At>>::Handler: CallInPlace<P, M, Ended<M>>,
{
    fn call_on(self, provider: &P) -> impl Future<Output = Outcome<Self>> + Send {
        <M::Kind as InPlace<M>>::call::<P, <P as Slot<M::At>>::Handler>(provider, self)
    }
}

/// Runs a job with a provider's table, or with an included provider.
pub fn dispatch<S: MessageProvider>(
    provider: &S,
    table: &Table<S>,
    included: &[&dyn MessageProvider],
    mut job: Job<'_>,
    answer: Answer,
) -> Run {
    if let Some(run) = table.find(job.message) {
        return run(provider, &mut job, answer);
    }
    match included.iter().find(|other| other.handles(job.message)) {
        Some(other) => other.dispatch(job, answer),
        None => unknown(provider, job.message, answer),
    }
}

/// Whether a provider's table, or an included provider, has a handler.
pub fn handles<S>(table: &Table<S>, included: &[&dyn MessageProvider], id: MessageId) -> bool {
    table.find(id).is_some() || included.iter().any(|other| other.handles(id))
}

#[cold]
fn unknown(provider: &dyn MessageProvider, id: MessageId, answer: Answer) -> Run {
    let (schema, side) = (provider.descriptor(), provider.side());
    let text = match schema.message(side.other(), id) {
        Some(message) => format!("`{}` goes the other way, from the {side}", message.name),
        None => format!("the {side} of `{}` has no message {id}", schema.name),
    };
    answer.fail(Status::not_found(text));
    Run::done()
}
