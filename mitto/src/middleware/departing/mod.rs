//! One request of this end on its way through middleware.

mod outbound;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use crate::address::Address;
use crate::envelope::CorrelationId;
use crate::in_flight::Reply;
use crate::message::MessageKind;
use crate::middleware::gate::Gate;
use crate::middleware::head::{Changes, Facts, Passing};
use crate::middleware::outgoing::Shared;
use crate::middleware::stack::{self, Handling};
use crate::middleware::{About, Answered, Direction, Next, Outcome, RequestHead};
use crate::peer::{CallHead, Outbound, Peer, Wait};
use crate::runtime::{Instant, later};
use crate::status::{Code, Status};

/// What a call with middleware asks for its replies. The call polls it, and it polls the middleware and
/// whatever the request was sent through.
///
/// The reply waits until the middleware has ended: nobody would poll it afterwards.
pub(super) struct Departing {
    facts: Facts,
    gate: Gate,
    out: Arc<dyn Outbound>,
    begun: AtomicBool,
    items: AtomicU64,
    parts: Mutex<Parts>,
}

#[derive(Default)]
struct Parts {
    /// `None` when the outermost middleware has ended, and while it is polled.
    handling: Option<Handling>,
    /// What the middleware has asked, until it is sent.
    changes: Option<Changes>,
    /// What the call keeps of its way further on.
    wait: Wait,
    /// The request's id further on.
    id: Option<CorrelationId>,
    /// The first reply, if it came at once.
    first: Option<Reply>,
    /// The last reply, while the middleware works on.
    reply: Option<Reply>,
}

/// Hands the message on.
type Send<'a, T> =
    dyn FnMut(&CallHead<'_>, &mut Wait, &mut Context<'_>) -> Poll<Result<T, Status>> + 'a;

/// What the middleware has come to.
type Ended = Result<Answered, Status>;

impl Departing {
    pub(super) fn begin(shared: &Shared, out: Arc<dyn Outbound>, head: &CallHead<'_>) -> Arc<Self> {
        let name = match shared.known.get(head.message) {
            Some((name, _)) => name,
            None => head.name.to_owned().into(),
        };
        let timeout = match head.kind {
            MessageKind::Notification => head.timeout,
            _ => Some(head.timeout.unwrap_or(shared.limits.timeout)),
        };
        let this = Arc::new(Self {
            facts: Facts {
                name,
                message: head.message,
                kind: head.kind,
                direction: Direction::Outgoing,
                peer: Peer::new(out.clone()),
                address: head.address.map(Address::into_owned),
                identity: out.identity().cloned(),
                deadline: timeout.map(|timeout| later(Instant::now(), timeout)),
            },
            gate: Gate::default(),
            out,
            begun: AtomicBool::new(false),
            items: AtomicU64::new(0),
            parts: Mutex::default(),
        });
        let request = RequestHead::new(About::new(this.clone()), head.metadata.into());
        let next = Next::new(shared.stack.clone());
        let handling = stack::guard(|| next.run(request).into_handling());
        this.parts().handling = Some(match handling {
            Ok(handling) => handling,
            Err(status) => Box::pin(std::future::ready(Err(status))),
        });
        this
    }

    /// Polls the middleware. `None` when it has ended before.
    fn poll_handling(&self, cx: &mut Context<'_>) -> Poll<Option<Ended>> {
        let Some(mut handling) = self.parts().handling.take() else {
            return Poll::Ready(None);
        };
        match stack::poll(&mut handling, cx) {
            Poll::Pending => {
                self.parts().handling = Some(handling);
                Poll::Pending
            }
            Poll::Ready(ended) => {
                let _ = stack::guard(|| drop(handling));
                Poll::Ready(Some(ended))
            }
        }
    }

    /// Sends the message as soon as the middleware asks for it, with `send`. `Some` when it has been
    /// sent, an error when it will not be.
    fn poll_send<T>(
        &self,
        head: &CallHead<'_>,
        cx: &mut Context<'_>,
        send: &mut Send<'_, T>,
    ) -> Poll<Result<Option<T>, Status>> {
        loop {
            if let Poll::Ready(ended) = self.poll_handling(cx) {
                return Poll::Ready(match ended {
                    Some(Err(status)) => Err(status),
                    Some(Ok(answered)) => match answered.into_outcome() {
                        Outcome::Status(status) => Err(status),
                        _ => Ok(None),
                    },
                    None => Err(polled_again()),
                });
            }
            let mut parts = self.parts();
            if let Some(changes) = self.gate.asked() {
                parts.changes = Some(changes);
            }
            if self.gate.has_left() {
                parts.changes = None;
                let mut wait = std::mem::take(&mut parts.wait);
                drop(parts);
                self.leave_further(&mut wait);
                continue;
            }
            if let Some(changes) = parts.changes.take() {
                let mut wait = std::mem::take(&mut parts.wait);
                drop(parts);
                let changed = self.changed(head, &changes);
                let mut sent = Poll::Pending;
                let send = &mut || sent = send(&changed, &mut wait, cx);
                match &changes.scope {
                    Some(scope) => scope(send),
                    None => send(),
                }
                let mut parts = self.parts();
                parts.wait = wait;
                match sent {
                    Poll::Pending => parts.changes = Some(changes),
                    Poll::Ready(Ok(sent)) => return Poll::Ready(Ok(Some(sent))),
                    Poll::Ready(Err(status)) => {
                        drop(parts);
                        self.gate.end(Outcome::Status(status));
                        continue;
                    }
                }
            } else {
                drop(parts);
            }
            if self.gate.park(cx.waker()) {
                return Poll::Pending;
            }
        }
    }

    /// The head as the middleware wants it.
    fn changed<'a>(&self, head: &CallHead<'a>, changes: &'a Changes) -> CallHead<'a> {
        let timeout = match changes.deadline {
            Some(deadline) if changes.deadline != self.facts.deadline => {
                Some(deadline.saturating_duration_since(Instant::now()))
            }
            _ => head.timeout,
        };
        CallHead {
            metadata: changes.metadata.entries(),
            timeout,
            ..*head
        }
    }

    /// Who is asked for the replies, further on.
    fn via(&self) -> Arc<dyn Outbound> {
        let parts = self.parts();
        parts.wait.via.as_ref().unwrap_or(&self.out).clone()
    }

    /// Gives the request up further on.
    fn cancel_further(&self) {
        let id = self.parts().id.take();
        if let Some(id) = id {
            self.via().cancel(id);
        }
    }

    fn leave_further(&self, wait: &mut Wait) {
        if wait.ticket.is_some() {
            self.out.leave(wait);
        }
        self.cancel_further();
    }

    /// The call is dropped.
    fn end(&self) {
        let handling = self.parts().handling.take();
        // First the middleware, which sees that it was cancelled by being dropped.
        let _ = stack::guard(|| drop(handling));
        let mut parts = self.parts();
        let replies = (parts.first.take(), parts.reply.take());
        let changes = parts.changes.take();
        let mut wait = std::mem::take(&mut parts.wait);
        let id = parts.id.take();
        drop(parts);
        if wait.ticket.is_some() {
            self.out.leave(&mut wait);
        }
        if let Some(id) = id {
            wait.via.as_deref().unwrap_or(&*self.out).cancel(id);
        }
        drop((replies, changes));
    }

    /// Nothing but moves runs under the lock.
    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next item, or `None` when something else is to be done.
    fn poll_further(&self, cx: &mut Context<'_>) -> Option<Reply> {
        let mut parts = self.parts();
        let id = parts.id?;
        let first = parts.first.take();
        drop(parts);
        let reply = match first {
            Some(first) => first,
            None => match self.via().poll_reply(id, cx) {
                Poll::Ready(reply) => reply,
                Poll::Pending => return None,
            },
        };
        self.begun.store(true, Relaxed);
        let outcome = match &reply {
            Reply::Item(_) => {
                self.items.fetch_add(1, Relaxed);
                return Some(reply);
            }
            Reply::Arrived(arrived) => {
                self.items.fetch_add(arrived.count() as u64, Relaxed);
                return Some(reply);
            }
            Reply::Response(_) => Outcome::Response,
            Reply::Error(_) => Outcome::Error,
            Reply::Status(status) => Outcome::Status(status.clone()),
            Reply::End => Outcome::End {
                items: self.items.load(Relaxed),
            },
            _ => return Some(reply),
        };
        let mut parts = self.parts();
        parts.id = None;
        parts.reply = Some(reply);
        drop(parts);
        self.gate.end(outcome);
        None
    }
}

impl Passing for Departing {
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

#[cold]
fn polled_again() -> Status {
    Status::new(Code::Internal, "the call was polled after it ended")
}
