//! Where a request is handed on.
//!
//! A session submits what comes in to a [`Queue`], and so does a client of the same process. Before
//! it stands whatever received the request; after it the provider with its handlers, or another
//! process.

mod gateway;
mod local;
mod pass_through;

pub use gateway::Gateway;
pub use local::Local;
pub use pass_through::PassThrough;

use crate::job::{Answer, Job, Run};

/// Takes requests: runs them here, or sends them to whoever does.
///
/// Implement it to put something of your own between connections and handlers. A queue that answers
/// later copies what it needs of the job, and keeps the answer.
pub trait Queue: Send + Sync + 'static {
    /// Takes one request. What is left to do comes back as a [`Run`], which the caller polls.
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run;
}
