//! A handler as the last step.

use std::marker::PhantomData;

use super::Properties;
use super::PropertyError;
use super::carried::{Carried, TypeOf};
use super::stage::{Composed, Gives, Last, Registered};
use crate::handler::{CallInPlace, Ended, RunFn, Runs};
use crate::job::{Answer, Job, Run};
use crate::message::{IsMessage, Message, Payload, Sent, Travels};

/// A handler with its state, registered.
pub(super) struct Handling<H, S, M> {
    state: std::sync::Arc<S>,
    of: PhantomData<fn() -> (H, M)>,
}

impl<H, S, M> Handling<H, S, M> {
    pub(super) fn new(state: S) -> Self {
        Self {
            state: std::sync::Arc::new(state),
            of: PhantomData,
        }
    }
}

impl<H, S, M> Registered for Handling<H, S, M>
where
    H: Runs<S> + CallInPlace<S, M, Ended<M>>,
    S: Send + Sync + 'static,
    M: IsMessage<As = M> + Message + Travels,
{
    fn takes(&self) -> Option<TypeOf> {
        Some(TypeOf::new::<M>())
    }

    fn gives(&self) -> Gives {
        Gives::Nothing
    }

    fn compose(&self, properties: &Properties) -> Result<Composed, PropertyError> {
        let () = properties.read()?;
        Ok(Composed::Last(Box::new(Ready::<S, M> {
            state: self.state.clone(),
            run: H::LISTED.run,
            of: PhantomData,
        })))
    }
}

struct Ready<S, M> {
    state: std::sync::Arc<S>,
    run: RunFn<S>,
    of: PhantomData<fn() -> M>,
}

impl<S, M> Last for Ready<S, M>
where
    S: Send + Sync + 'static,
    M: Message + Travels,
{
    fn submit(&self, job: &mut Job<'_>, answer: Answer) -> Run {
        (self.run)(&self.state, job, answer)
    }

    fn submit_value(&self, value: Carried, mut job: Job<'_>, answer: Answer) -> Run {
        match value {
            Carried::Bytes(format, bytes) => {
                let bytes = &bytes;
                let mut job = job.lend();
                job.payload = Payload::Encoded { format, bytes };
                (self.run)(&self.state, &mut job, answer)
            }
            value @ Carried::Value(_) => match value.read::<M>(job.codecs) {
                Ok(message) => {
                    let mut sent = Sent(Some(message));
                    let mut job = job.lend();
                    job.payload = Payload::Value(&mut sent);
                    (self.run)(&self.state, &mut job, answer)
                }
                Err(status) => {
                    answer.fail(status);
                    Run::done()
                }
            },
        }
    }
}
