//! Middleware around the requests that this end makes: between a peer's calls and whatever reaches it.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Stack;
use super::departing::Departing;
use super::known::Known;
use crate::envelope::CorrelationId;
use crate::in_flight::Reply;
use crate::job::{Answer, Job, Queue, Run};
use crate::limits::Limits;
use crate::message::Outgoing as Value;
use crate::peer::{CallHead, Outbound, Peer, Started, Wait, tell_of_out};
use crate::status::{Code, Status};

/// What puts middleware around the calls to a peer.
#[derive(Clone, Debug)]
pub struct Outgoing {
    shared: Option<Arc<Shared>>,
}

/// What all peers of one client or server have in common.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) stack: Stack,
    pub(super) known: Known,
    pub(super) limits: Limits,
}

impl Outgoing {
    /// Nothing around any call.
    pub const NONE: Self = Self { shared: None };

    /// A stack around calls. Of `limits` counts the default timeout.
    pub fn new(stack: Stack, known: Known, limits: &Limits) -> Self {
        if stack.is_empty() {
            return Self::NONE;
        }
        Self {
            shared: Some(Arc::new(Shared {
                stack,
                known,
                limits: limits.clone(),
            })),
        }
    }

    /// Whether calls stay as they are.
    pub fn is_none(&self) -> bool {
        self.shared.is_none()
    }

    /// A queue whose handlers call back through the middleware.
    pub fn around_callers(&self, queue: Arc<dyn Queue>) -> Arc<dyn Queue> {
        match self.is_none() {
            true => queue,
            false => Arc::new(Callers {
                outgoing: self.clone(),
                queue,
            }),
        }
    }

    /// A peer whose calls pass through the middleware first. It does not keep the connection open.
    pub fn around(&self, peer: Peer) -> Peer {
        match (&self.shared, peer.outbound()) {
            (Some(shared), Some(out)) => Peer::new(Arc::new(Around {
                shared: shared.clone(),
                out: out.clone(),
            })),
            _ => peer,
        }
    }
}

/// A queue whose handlers get their callers with middleware around.
struct Callers {
    outgoing: Outgoing,
    queue: Arc<dyn Queue>,
}

impl Queue for Callers {
    fn submit(&self, mut job: Job<'_>, answer: Answer) -> Run {
        let caller = self.outgoing.around(job.caller.clone());
        let mut job = job.lend();
        job.caller = &caller;
        self.queue.submit(job, answer)
    }
}

/// An outbound with middleware in front.
struct Around {
    shared: Arc<Shared>,
    out: Arc<dyn Outbound>,
}

impl Around {
    /// The request that a call has begun, or its beginning. It is the call's `via` from here on.
    fn pass(&self, head: &CallHead<'_>, wait: &mut Wait) -> Arc<dyn Outbound> {
        let begin = || Departing::begin(&self.shared, self.out.clone(), head) as Arc<dyn Outbound>;
        // The ticket makes a call that is dropped by now come to `leave`.
        wait.ticket = Some(0);
        wait.via.get_or_insert_with(begin).clone()
    }
}

impl Outbound for Around {
    fn start(
        &self,
        head: &CallHead<'_>,
        message: &mut dyn Value,
        wait: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Started, Status>> {
        let pass = self.pass(head, wait);
        let started = pass.start(head, message, wait, cx);
        if started.is_ready() {
            wait.ticket = None;
        }
        started
    }

    fn notify(
        &self,
        head: &CallHead<'_>,
        message: &mut dyn Value,
        wait: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        let pass = self.pass(head, wait);
        let sent = pass.notify(head, message, wait, cx);
        if sent.is_ready() {
            wait.ticket = None;
        }
        sent
    }

    fn leave(&self, wait: &mut Wait) {
        wait.ticket = None;
        if let Some(pass) = wait.via.take() {
            pass.leave(wait);
        }
    }

    // Its own requests are those of `Departing`; this is for who does not know of `via`.
    fn poll_reply(&self, _: CorrelationId, _: &mut Context<'_>) -> Poll<Reply> {
        let text = "the request is not one of this peer";
        Poll::Ready(Reply::Status(Status::new(Code::Internal, text)))
    }

    fn cancel(&self, _: CorrelationId) {}

    fn recycle(&self, bytes: Vec<u8>) {
        self.out.recycle(bytes);
    }

    tell_of_out!();
}

impl fmt::Debug for Around {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Around")
            .field("stack", &self.shared.stack)
            .finish_non_exhaustive()
    }
}
