//! A pipeline that runs.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;

use super::carried::Carried;
use super::environment::Environment;
use super::stage::{Last, Stage};
use super::{Flow, Poster, StepContext};
use crate::codec::Format;
use crate::context::{Context, Parts};
use crate::envelope::MessageId;
use crate::job::{Answer, Job, OwnedJob, Queue, Run};
use crate::message::Payload;
use crate::panics::catch;
use crate::status::{Code, Status};

/// Steps that were [composed](super::Steps::compose), ready to answer messages: a [`Queue`]. A clone is the
/// same.
///
/// A message is decoded in its own format as what the first step takes, whatever its name is, so that a bare
/// number or text is one too. The answer is what the last step goes on with, in the same format.
#[derive(Clone)]
pub struct Pipeline {
    steps: Arc<Composition>,
    poster: Poster,
}

pub(super) struct Composition {
    pub(super) stages: Vec<(String, Box<dyn Stage>)>,
    pub(super) last: Option<Box<dyn Last>>,
    /// Which stage says what the message is; those before it take anything.
    pub(super) reader: Option<usize>,
    pub(super) environment: Arc<Environment>,
}

impl Pipeline {
    pub(super) fn new(steps: Composition) -> Self {
        Self {
            steps: Arc::new(steps),
            poster: Poster::nowhere(),
        }
    }

    /// The same, with a way to other addresses: for [`StepContext::post`], [`StepContext::call`] and the step
    /// `Post`.
    #[must_use]
    pub fn with_poster(mut self, poster: Poster) -> Self {
        self.poster = poster;
        self
    }
}

impl Queue for Pipeline {
    fn submit(&self, mut job: Job<'_>, answer: Answer) -> Run {
        if let (Some(last), true) = (&self.steps.last, self.steps.stages.is_empty()) {
            return last.submit(&mut job, answer);
        }
        let owned = match OwnedJob::copy(&job, self.poster.limits().message) {
            Ok(owned) => owned,
            Err(status) => {
                answer.fail(status);
                return Run::done();
            }
        };
        let running = Running {
            context: StepContext {
                context: Context::new(&Parts::new(&job, &answer)),
                environment: self.steps.environment.clone(),
                poster: self.poster.clone(),
                format: owned.format,
                hops: job.hops,
            },
            steps: self.steps.clone(),
            message: job.message,
        };
        Run::new(running.run(owned.format, owned.payload, answer))
    }
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.steps.stages.iter().map(|(name, _)| name);
        f.debug_list().entries(names).finish()
    }
}

struct Running {
    context: StepContext,
    steps: Arc<Composition>,
    message: MessageId,
}

impl Running {
    async fn run(mut self, format: Format, bytes: Vec<u8>, answer: Answer) {
        let mut value = Carried::Bytes(format, bytes);
        let steps = self.steps.clone();
        if let Some((_, reader)) = steps.reader.and_then(|reader| steps.stages.get(reader)) {
            // A `Deserialize` may panic: the answer, dropped, says so to the caller.
            let codecs = self.context.poster.codecs().clone();
            value = match catch(|| reader.read(value, &codecs)) {
                Ok(Ok(value)) => value,
                Ok(Err(status)) => return answer.unreadable(status),
                Err(_) => return answer.fail(panicked("the message", "while it was read")),
            };
        }
        for (name, stage) in &steps.stages {
            match guarded(name, stage.run(&mut self.context, value)).await {
                Ok(Flow::Next(next)) => value = next,
                Ok(Flow::Stop) => return Carried::new(()).answer(answer),
                Ok(Flow::Answer(value)) => return value.answer(answer),
                Err(status) => return answer.fail(status),
            }
        }
        match &steps.last {
            None => value.answer(answer),
            Some(last) => {
                let run = self.submit(&**last, value, answer);
                run.await;
            }
        }
    }

    /// Hands over to the handler that is the last step.
    fn submit(&self, last: &dyn Last, value: Carried, answer: Answer) -> Run {
        let StepContext { context, .. } = &self.context;
        let (format, codecs) = (self.context.format, self.context.poster.codecs());
        let nothing = Payload::Encoded { format, bytes: &[] };
        let mut job = Job::new(self.message, nothing, context.peer(), codecs);
        job.address = context.address();
        job.metadata = context.metadata().entries();
        job.deadline = context.deadline();
        job.identity = context.identity();
        job.hops = self.context.hops;
        // An extractor may panic: the answer, dropped, says so to the caller.
        catch(|| last.submit_value(value, job, answer)).unwrap_or_else(|_| Run::done())
    }
}

/// A step that panics answers `Internal`, as a handler does.
async fn guarded<T>(
    name: &str,
    mut step: Pin<Box<dyn Future<Output = Result<T, Status>> + Send + '_>>,
) -> Result<T, Status> {
    poll_fn(|cx| {
        catch(|| step.as_mut().poll(cx)).unwrap_or_else(|thrown| {
            tracing::error!(step = name, panic = %thrown.text(), "a step panicked");
            std::task::Poll::Ready(Err(panicked("step", &format!("`{name}`"))))
        })
    })
    .await
}

#[cold]
fn panicked(what: &str, name: &str) -> Status {
    Status::new(Code::Internal, format!("{what} {name} panicked"))
}
