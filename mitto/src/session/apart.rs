//! Large requests, in tasks of their own.
//!
//! To decode 40 MB takes a while, and so does the answer to them: in the session's task everything else
//! on the connection would wait for it.

use std::borrow::Cow;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Poll;

use super::shared::Shared;
use crate::address::Address;
use crate::codec::Format;
use crate::job::{Answer, Job, OwnedJob, Run, Task};
use crate::panics::catch;
use crate::runtime::spawn;

/// The payload above which a request is handled apart, in bytes.
const LARGE: usize = 1 << 20;

/// The place of a large request that is still to be decoded. There are so many as messages may come in
/// pieces at once; what comes beyond is handled in the session's task, which reads nothing meanwhile.
pub(super) struct Place(Arc<Shared>);

impl Place {
    /// A place for the message that has this payload, and the payload with it, if it is large.
    pub(super) fn take<'a>(
        shared: &Arc<Shared>,
        payload: Cow<'a, [u8]>,
    ) -> Result<(Self, Vec<u8>), Cow<'a, [u8]>> {
        match payload {
            Cow::Owned(bytes) if bytes.len() > LARGE => {
                let place = Self(shared.clone());
                match shared.apart.fetch_add(1, Relaxed) < shared.config.limits.pieces {
                    true => Ok((place, bytes)),
                    false => Err(Cow::Owned(bytes)),
                }
            }
            small => Err(small),
        }
    }

    /// Decodes and handles it in a task, which takes the payload as it is.
    #[cold]
    pub(super) fn submit(
        self,
        job: &Job<'_>,
        format: Format,
        bytes: Vec<u8>,
        answer: Answer,
    ) -> Run {
        let mut owned = OwnedJob::new(job.message, format, bytes);
        owned.address = job.address.map(Address::into_owned);
        owned.metadata = job.metadata.into();
        owned.deadline = job.deadline;
        owned.identity = job.identity.cloned();
        owned.hops = job.hops;
        owned.idempotent = job.idempotent;
        owned.one_way = job.one_way;
        let caller = job.caller.clone();
        Run::new(Task(spawn(async move {
            let config = &self.0.config;
            let submit = || {
                config
                    .queue
                    .submit(owned.lend(&caller, &config.codecs), answer)
            };
            let mut run = catch(submit).unwrap_or_else(|_| Run::done());
            drop((owned, caller, self));
            // As in the session's task: handlers catch their own panics, queues of others may not.
            poll_fn(|cx| {
                let polled = catch(|| Pin::new(&mut run).poll(cx));
                polled.unwrap_or(Poll::Ready(()))
            })
            .await;
            if catch(|| drop(run)).is_err() {
                tracing::error!("a handler panicked while it was dropped");
            }
        })))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.apart.fetch_sub(1, Relaxed);
    }
}
