//! The queue that is none: the handler runs here.

use std::fmt;
use std::sync::Arc;

use super::Queue;
use crate::built_in::{BuiltIn, BuiltIns};
use crate::job::{Answer, Job, Run};
use crate::provider::MessageProvider;

/// Runs every request here, with a provider; the built-in ones it answers itself.
#[derive(Clone)]
pub struct PassThrough {
    provider: Arc<dyn MessageProvider>,
    built_ins: BuiltIns,
}

impl PassThrough {
    /// Runs requests with `provider`.
    pub fn new(provider: Arc<dyn MessageProvider>, built_ins: BuiltIns) -> Self {
        Self {
            provider,
            built_ins,
        }
    }

    #[inline(never)]
    fn answer(&self, built_in: BuiltIn, job: Job<'_>, answer: Answer) -> Run {
        if let Some(status) = self.built_ins.refuse(built_in, &job) {
            answer.fail(status);
            return Run::done();
        }
        built_in.run(job, answer, &*self.provider, self.built_ins.vitals())
    }
}

impl Queue for PassThrough {
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
        match self.built_ins.find(job.message, &*self.provider) {
            Some(built_in) => self.answer(built_in, job, answer),
            None => self.provider.dispatch(job, answer),
        }
    }
}

impl fmt::Debug for PassThrough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassThrough")
            .field("schema", &self.provider.descriptor().name)
            .finish_non_exhaustive()
    }
}
