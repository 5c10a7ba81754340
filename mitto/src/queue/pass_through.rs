//! The queue that is none: the handler runs here.

use crate::job::{Answer, Job, Run};
use crate::provider::MessageProvider;

use super::Queue;

/// Runs every request here, with a provider.
#[derive(Clone, Debug)]
pub struct PassThrough<P> {
    provider: P,
}

impl<P: MessageProvider> PassThrough<P> {
    /// Runs requests with `provider`.
    pub fn new(provider: P) -> Self {
        Self { provider }
    }
}

impl<P: MessageProvider> Queue for PassThrough<P> {
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
        self.provider.dispatch(job, answer)
    }
}
