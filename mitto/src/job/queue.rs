use super::{Answer, Job, Run};

/// Takes requests: runs them here, or sends them to whoever does.
///
/// Implement it to put something of your own between connections and handlers. A queue that answers
/// later copies what it needs of the job, and keeps the answer.
pub trait Queue: Send + Sync + 'static {
    /// Takes one request. What is left to do comes back as a [`Run`], which the caller polls.
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run;
}
