//! Where a request is handed on.

use crate::job::{Answer, Job, Run};

/// Takes requests: runs them here, or sends them to whoever does.
pub trait Queue: Send + Sync + 'static {
    /// Takes one request. What is left to do comes back as a [`Run`], which the caller polls.
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run;
}
