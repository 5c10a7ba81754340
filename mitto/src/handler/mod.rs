//! What stands between a request and the fn that answers it.
//!
//! `#[handler]` leaves the fn as it is and describes it in a type of the same name: [`Runs`] says
//! which message it takes, and how a provider runs it. The provider hands over a
//! [`Job`](crate::job::Job) and an [`Answer`](crate::job::Answer); here the message is decoded, the
//! arguments are [extracted](Extract), the fn is run, and what it comes to is answered.

mod answers;
mod called;
mod entry;
mod extract;
mod finish;
mod in_place;
mod items;
mod local_stream;
mod permit;
mod run;

pub use answers::{Answered, Answers, Feeds, answered};
pub use entry::{Handled, Listed, RunFn, Runs, Serve, broken};
pub use extract::{Cloned, Extract, Extracts, Part, State};
pub use finish::Finish;
pub use in_place::{CallInPlace, InPlace};
pub use items::{ItemOf, Items, Sending, Streams, pump, pump_later};
pub use run::{
    Async, Ended, Known, OutcomeOf, Plain, run_async, run_blocking, run_plain, run_spawned, settle,
};

pub use crate::job::Watched;
