use super::{Answer, Job, Run};

/// Takes requests: runs them here, or sends them to whoever does.
///
/// Implement it to put something of your own between connections and handlers. A queue that answers
/// later keeps the answer, and a copy of the job: [`OwnedJob`](super::OwnedJob). Where the handler runs
/// in another task or process, [`Answer::in_parts`] is its way back to there, and
/// [`Answer::forward`] the way on to the caller.
pub trait Queue: Send + Sync + 'static {
    /// Takes one request. What is left to do comes back as a [`Run`], which the caller polls.
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run;
}
