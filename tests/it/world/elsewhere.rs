//! A queue whose handlers run in another task, as behind a broker: the job is copied, the answer
//! comes back as bytes.

use std::sync::Arc;

use mitto::job::{Answer, Job, OwnedJob, Run};
use mitto::limits::Limits;
use mitto::provider::MessageProvider;
use mitto::queue::Queue;
use tokio::task::JoinHandle;

pub(crate) struct Elsewhere {
    provider: Arc<dyn MessageProvider>,
    limits: Limits,
}

impl Elsewhere {
    pub(crate) fn new(provider: impl MessageProvider, limits: &Limits) -> Self {
        Self {
            provider: Arc::new(provider),
            limits: limits.clone(),
        }
    }
}

impl Queue for Elsewhere {
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
        let owned = match OwnedJob::copy(&job, self.limits.message) {
            Ok(owned) => owned,
            Err(status) => {
                answer.fail(status);
                return Run::done();
            }
        };
        let (caller, codecs) = (job.caller.clone(), job.codecs.clone());
        let (back, parts) = Answer::in_parts(owned.format, &codecs, &self.limits);
        let provider = self.provider.clone();
        let worker = Worker(tokio::spawn(async move {
            let run = provider.dispatch(owned.lend(&caller, &codecs), back);
            run.await;
        }));
        Run::new(async move {
            let _worker = worker;
            answer.forward(parts).await;
        })
    }
}

/// A task that ends with its request.
struct Worker(JoinHandle<()>);

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.abort();
    }
}
