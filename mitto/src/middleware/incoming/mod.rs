//! Middleware around the requests that come in: between the session and the queue.

mod answering;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::address::Address;
use crate::codec::Codecs;
use crate::envelope::CorrelationId;
use crate::job::{Answer, AnswerTo, Drive, Job, OwnedJob, Pool, Queue, Run};
use crate::message::MessageKind;
use crate::middleware::gate::Gate;
use crate::middleware::head::{Changes, Facts, Passing, Scope};
use crate::middleware::known::{Known, UNKNOWN};
use crate::middleware::next::last_word;
use crate::middleware::stack::{self, Handling};
use crate::middleware::{About, Direction, Next, RequestHead, Stack};
use crate::status::Status;

/// A queue with middleware around another one.
pub struct Incoming {
    stack: Stack,
    known: Known,
    queue: Arc<dyn Queue>,
    /// The largest message that is kept while middleware waits, in bytes.
    limit: usize,
}

impl Incoming {
    /// Puts a stack around `queue`, which stays as it is where there is none.
    pub fn around(
        stack: Stack,
        known: Known,
        limit: usize,
        queue: Arc<dyn Queue>,
    ) -> Arc<dyn Queue> {
        if stack.is_empty() {
            return queue;
        }
        Arc::new(Self {
            stack,
            known,
            queue,
            limit,
        })
    }
}

impl Queue for Incoming {
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
        let (name, kind) = self.known.get(job.message).unwrap_or_else(|| {
            let kind = match answer.to() {
                Some(_) => MessageKind::Request,
                None => MessageKind::Notification,
            };
            (UNKNOWN.into(), kind)
        });
        let pass = Arc::new(Pass {
            facts: Facts {
                name,
                message: job.message,
                kind,
                direction: Direction::Incoming,
                peer: job.caller.clone(),
                address: job.address.map(Address::into_owned),
                identity: job.identity.cloned(),
                deadline: job.deadline,
            },
            gate: Gate::default(),
            queue: self.queue.clone(),
            to: answer.to(),
            begun: AtomicBool::new(false),
            unreadable: AtomicBool::new(false),
            items: AtomicU64::new(0),
            parts: Mutex::new(Parts {
                answer: Some(answer),
                ..Parts::default()
            }),
        });
        let head = RequestHead::new(About::new(pass.clone()), job.metadata.into());
        let handling = stack::guard(|| Next::new(self.stack.clone()).run(head).into_handling());
        match handling {
            Ok(handling) => pass.parts().handling = Some(handling),
            Err(status) => pass.finish(Some(status)),
        }
        pass.begin(job, self.limit)
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("stack", &self.stack)
            .finish_non_exhaustive()
    }
}

/// One request that has come in: its middleware, its handler, and where the answer goes.
struct Pass {
    facts: Facts,
    gate: Gate,
    queue: Arc<dyn Queue>,
    /// The way back; `None` for a notification.
    to: Option<AnswerTo>,
    begun: AtomicBool,
    /// Whether the message could not be read.
    unreadable: AtomicBool,
    items: AtomicU64,
    parts: Mutex<Parts>,
}

#[derive(Default)]
struct Parts {
    /// `None` after the answer.
    answer: Option<Answer>,
    /// `None` when the outermost middleware has ended, and while it is polled.
    handling: Option<Handling>,
    /// The handler.
    run: Run,
    scope: Option<Scope>,
    /// The request, while it waits for its middleware.
    kept: Option<(OwnedJob, Codecs)>,
}

impl Pass {
    /// Goes on as far as it can while the job is lent, and keeps a copy if that is not far enough.
    fn begin(self: Arc<Self>, job: Job<'_>, limit: usize) -> Run {
        // Whoever gets the run polls it at once, with a waker of its own.
        let mut cx = Context::from_waker(Waker::noop());
        self.poll_handling(&mut cx);
        match self.gate.asked() {
            Some(changes) => {
                self.start(job, changes);
                self.poll_handling(&mut cx);
            }
            None if self.parts().handling.is_some() => match OwnedJob::copy(&job, limit) {
                Ok(owned) => self.parts().kept = Some((owned, job.codecs.clone())),
                Err(status) => {
                    self.parts().handling = None;
                    self.finish(Some(status));
                }
            },
            None => {}
        }
        match self.is_done() {
            true => Run::done(),
            false => Run::driven(self),
        }
    }

    /// Hands the request on.
    fn start(self: &Arc<Self>, mut job: Job<'_>, changes: Changes) {
        let Changes {
            metadata,
            deadline,
            scope,
        } = changes;
        let mut job = job.lend();
        job.metadata = metadata.entries();
        job.deadline = deadline;
        let id = self.to.as_ref().map_or(CorrelationId::NONE, |to| to.id);
        let answer = Answer::new(self.clone(), id);
        let mut given = Some((job, answer));
        let mut run = Run::done();
        within(scope.as_ref(), &mut || {
            if let Some((job, answer)) = given.take() {
                // An extractor or a `Deserialize` may panic: the answer, dropped, says so.
                let submit = AssertUnwindSafe(|| self.queue.submit(job, answer));
                run = catch_unwind(submit).unwrap_or_else(|_| Run::done());
            }
        });
        drop(given);
        let mut parts = self.parts();
        parts.run = run;
        parts.scope = scope;
    }

    /// Starts the request that was kept, if its middleware has asked for it by now.
    fn start_kept(self: &Arc<Self>) {
        if let Some(changes) = self.gate.asked() {
            let kept = self.parts().kept.take();
            if let Some((owned, codecs)) = &kept {
                self.start(owned.lend(&self.facts.peer, codecs), changes);
            }
        }
    }

    fn poll_run(&self, pool: Option<&mut Pool>, cx: &mut Context<'_>) {
        let mut parts = self.parts();
        let mut run = std::mem::take(&mut parts.run);
        if run.is_done() {
            return;
        }
        let scope = parts.scope.clone();
        drop(parts);
        if self.gate.has_left() {
            return within(scope.as_ref(), &mut || drop(std::mem::take(&mut run)));
        }
        let (mut pool, mut pending) = (pool, false);
        // Handlers catch their own panics; this is for queues that others write.
        let polled = catch_unwind(AssertUnwindSafe(|| {
            within(scope.as_ref(), &mut || {
                pending = run.poll_with(pool.as_deref_mut(), cx).is_pending();
            });
        }));
        if pending && polled.is_ok() {
            self.parts().run = run;
        }
    }

    fn poll_handling(&self, cx: &mut Context<'_>) {
        let Some(mut handling) = self.parts().handling.take() else {
            return;
        };
        match stack::poll(&mut handling, cx) {
            Poll::Pending => self.parts().handling = Some(handling),
            Poll::Ready(result) => {
                let _ = stack::guard(|| drop(handling));
                self.finish(last_word(result));
            }
        }
    }

    /// The middleware has ended. What is still to be said is said, and a handler that nobody waits for
    /// any more is dropped.
    fn finish(&self, last_word: Option<Status>) {
        let mut parts = self.parts();
        let answer = parts.answer.take();
        let run = match &answer {
            Some(_) => std::mem::take(&mut parts.run),
            None => Run::done(),
        };
        parts.kept = None;
        drop(parts);
        match (answer, last_word) {
            (Some(answer), Some(status)) if self.unreadable.load(Relaxed) => {
                answer.unreadable(status);
            }
            (Some(answer), Some(status)) => answer.fail(status),
            (None, Some(status)) => {
                tracing::debug!(message = %self.facts.name, %status, "refused after it was answered");
            }
            (answer, None) => drop(answer),
        }
        drop(run);
    }

    fn is_done(&self) -> bool {
        let parts = self.parts();
        parts.handling.is_none() && parts.run.is_done()
    }

    /// The answer, if the request has not ended for its middleware.
    fn take_answer(&self) -> Option<Answer> {
        let mut parts = self.parts();
        self.gate.is_open().then(|| parts.answer.take()).flatten()
    }

    /// Nothing but moves runs under the lock.
    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drive for Pass {
    fn poll(self: Arc<Self>, mut pool: Option<&mut Pool>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            self.start_kept();
            self.poll_run(pool.as_deref_mut(), cx);
            self.poll_handling(cx);
            if self.is_done() {
                return Poll::Ready(());
            }
            if self.gate.park(cx.waker()) {
                return Poll::Pending;
            }
        }
    }

    fn cancel(&self) {
        let mut parts = self.parts();
        let left = std::mem::take(&mut *parts);
        drop(parts);
        // The middleware first, so that it does not take the handler's end for an outcome.
        let _ = stack::guard(|| drop(left.handling));
        drop(left.run);
        drop(left.answer);
    }
}

impl Passing for Pass {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn gate(&self) -> &Gate {
        &self.gate
    }

    fn has_begun(&self) -> bool {
        self.begun.load(Relaxed)
    }
}

/// Does `work` inside the scope, if there is one.
fn within(scope: Option<&Scope>, work: &mut dyn FnMut()) {
    match scope {
        Some(scope) => scope(work),
        None => work(),
    }
}
