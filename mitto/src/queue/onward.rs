//! Jobs on their way to a peer, as they are: what [`Forward`](super::Forward) and a broker's way back have in
//! common.

use std::future::poll_fn;
use std::sync::Arc;
#[cfg(feature = "host")]
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};

use super::kept::Kept;
use crate::address::Address;
use crate::auth::Forwarded;
use crate::envelope::MessageId;
use crate::job::{Answer, Job, Relay};
use crate::message::{Encoded, MessageKind, Payload};
use crate::peer::{CallHead, Outbound, Started, Wait};
use crate::runtime::Instant;
use crate::status::{Code, Status};

/// Whom jobs are handed on to.
#[derive(Clone)]
pub(crate) struct Onward {
    pub(crate) out: Arc<dyn Outbound>,
    /// How requests are answered.
    pub(crate) kind: MessageKind,
    /// Whether it is told whom they are from, as one server tells another.
    pub(crate) states: bool,
    pub(crate) name: Name,
}

/// What the messages are called.
#[derive(Clone)]
pub(crate) enum Name {
    Given(Arc<str>),
    #[cfg(feature = "host")]
    Known(Arc<OnceLock<Names>>),
}

/// The messages that are known by name, sorted by id.
#[cfg(feature = "host")]
pub(crate) type Names = Box<[(MessageId, &'static str)]>;

/// What has become of a job.
pub(crate) enum Handed {
    /// It has ended, and was answered.
    Ended,
    /// It was sent: its answers are still to come.
    Sent(Relay),
    /// It waits for room.
    Waits(Box<Waits>, Answer),
    /// It was not sent.
    Unsent(Status, Answer),
}

/// A job that waits for room. Dropped, it leaves the queue.
pub(crate) struct Waits {
    onward: Onward,
    wait: Wait,
}

enum Sent {
    Request(Started),
    Notification,
}

impl Onward {
    /// Hands a job on without a copy of it.
    #[inline(always)]
    pub(crate) fn hand(&self, job: &mut Job<'_>, answer: Answer) -> Handed {
        let mut wait = Wait::default();
        // Whoever gets what is left to do polls it at once, with a waker of its own.
        let mut cx = Context::from_waker(Waker::noop());
        match self.poll(job, &answer, &mut wait, &mut cx) {
            Poll::Ready(sent) => self.handed(sent, &mut wait, answer),
            Poll::Pending => {
                let onward = self.clone();
                Handed::Waits(Box::new(Waits { onward, wait }), answer)
            }
        }
    }

    #[inline(always)]
    fn handed(&self, sent: Result<Sent, Status>, wait: &mut Wait, answer: Answer) -> Handed {
        let mut out = || wait.via.take().unwrap_or_else(|| self.out.clone());
        match sent {
            Err(status) => Handed::Unsent(status, answer),
            Ok(Sent::Notification) => {
                answer.end();
                Handed::Ended
            }
            Ok(Sent::Request(Started::Waiting(id) | Started::Poll(id))) => {
                Handed::Sent(Relay::new(out(), id, answer))
            }
            Ok(Sent::Request(Started::Replied(id, reply))) => {
                match Relay::new(out(), id, answer).replied(reply) {
                    Some(relay) => Handed::Sent(relay),
                    None => Handed::Ended,
                }
            }
        }
    }

    #[inline(always)]
    fn poll(
        &self,
        job: &mut Job<'_>,
        answer: &Answer,
        wait: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Sent, Status>> {
        let one_way = job.one_way || answer.is_nobody();
        let forwarded = match self.states {
            true => Some(Forwarded {
                identity: job.identity.cloned(),
                hops: job.hops.checked_add(1).ok_or_else(endless)?,
            }),
            false => None,
        };
        let now = job.submitted.unwrap_or_else(Instant::now);
        let timeout = job
            .deadline
            .map(|deadline| deadline.saturating_duration_since(now));
        let mut head = CallHead {
            message: job.message,
            name: self.name.of(job.message, job.address),
            kind: self.kind,
            idempotent: job.idempotent,
            timeout,
            address: job.address,
            metadata: job.metadata,
            format: None,
            forwarded: forwarded.as_ref(),
            caller: self.states.then_some(job.caller),
            client: None,
            now: Some(now),
        };
        let mut encoded;
        let message = match &mut job.payload {
            Payload::Encoded { format, bytes } => {
                head.format = Some(*format);
                encoded = Encoded {
                    format: *format,
                    bytes,
                };
                &mut encoded
            }
            Payload::Value(value) => &mut **value,
        };
        if one_way {
            head.kind = MessageKind::Notification;
            let sent = self.out.notify(&head, message, wait, cx);
            return sent.map_ok(|()| Sent::Notification);
        }
        let started = self.out.start(&head, message, wait, cx);
        // Nothing of anybody's has run: whoever is next need not look at the clock either.
        if let Some(pool) = &mut job.pool {
            pool.note_clock(now);
        }
        started.map_ok(Sent::Request)
    }
}

impl Name {
    /// The name of a message, for errors and for framings that send names; or else what there is.
    #[cfg_attr(
        not(feature = "host"),
        expect(unused_variables, reason = "it is always given")
    )]
    fn of<'a>(&'a self, id: MessageId, address: Option<Address<'a>>) -> &'a str {
        match self {
            Self::Given(name) => name,
            #[cfg(feature = "host")]
            Self::Known(names) => {
                let names = names.get().map_or(&[][..], |names| names);
                match names.binary_search_by_key(&id, |(id, _)| *id) {
                    Ok(at) => names[at].1,
                    Err(_) => address.map_or("a message", Address::as_str),
                }
            }
        }
    }
}

#[cfg(feature = "host")]
impl Handed {
    /// Gives up what waits, or was sent.
    #[cold]
    pub(crate) fn refuse(self, status: Status) {
        match self {
            Self::Waits(_, answer) | Self::Unsent(_, answer) => answer.fail(status),
            Self::Sent(relay) => relay.refuse(status),
            Self::Ended => {}
        }
    }
}

impl Waits {
    /// Waits for room, within the deadline of the job.
    pub(crate) async fn room(mut self: Box<Self>, kept: &Kept, answer: Answer) -> Handed {
        let sent = poll_fn(|cx| {
            let Self { onward, wait } = &mut *self;
            onward.poll(&mut kept.lend(), &answer, wait, cx)
        })
        .await;
        let Self { onward, wait } = &mut *self;
        onward.handed(sent, wait, answer)
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.onward.out.leave(&mut self.wait);
    }
}

#[cold]
fn endless() -> Status {
    Status::new(Code::LoopDetected, "passed 255 servers")
}
