//! What a peer's calls go to.

use std::fmt;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{ConnectionState, Handover, Peer, Statistics};
use crate::address::Address;
use crate::runtime::Instant;

use crate::auth::{Forwarded, Identity};
use crate::codec::{Codecs, Format};
use crate::envelope::{CorrelationId, Entries, MessageId};
use crate::in_flight::Reply;
use crate::message::{MessageKind, Outgoing};
use crate::schema::SchemaDifference;
use crate::status::{Code, Status};

/// Reaches the other end: a session, a queue of the same process, a broker.
pub trait Outbound: Send + Sync + 'static {
    /// Sends a request, or waits for room.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being sent: it is too large, the connection is gone.
    fn start(
        &self,
        head: &CallHead<'_>,
        message: &mut dyn Outgoing,
        wait: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Started, Status>>;

    /// Sends a notification, or waits for room.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    fn notify(
        &self,
        head: &CallHead<'_>,
        message: &mut dyn Outgoing,
        wait: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>>;

    /// A call that waits for room is dropped.
    fn leave(&self, wait: &mut Wait);

    /// Waits for the next reply. After one that ends the request the id is free.
    fn poll_reply(&self, id: CorrelationId, cx: &mut Context<'_>) -> Poll<Reply>;

    /// Has the last reply to a request given to somebody as soon as it comes, and frees the id with that;
    /// anything else that comes resumes them, and is polled for. Says `false` where a reply may be there, or
    /// must be polled for.
    fn hand_over(&self, id: CorrelationId, to: Handover) -> bool {
        let _ = (id, to);
        false
    }

    /// The reader of a stream has taken items that came as [`Reply::Arrived`]: so many bytes, as they count
    /// against its window. Says how many more may be taken before the next report.
    fn taken(&self, id: CorrelationId, bytes: usize) -> usize {
        let _ = (id, bytes);
        usize::MAX
    }

    /// Gives a request up: frees its slot and tells the other end.
    fn cancel(&self, id: CorrelationId);

    /// Gives a buffer back that came as a [`Body`](crate::message::Body), to be used again.
    fn recycle(&self, bytes: Vec<u8>) {
        drop(bytes);
    }

    /// The codecs that its replies are read with.
    fn codecs(&self) -> &Codecs;

    /// See [`Peer::remote`](super::Peer::remote).
    fn remote(&self) -> &str;

    /// See [`Peer::id`](super::Peer::id).
    fn id(&self) -> u64;

    /// See [`Peer::identity`](super::Peer::identity).
    fn identity(&self) -> Option<&Identity> {
        None
    }

    /// See [`Peer::is_connected`](super::Peer::is_connected).
    fn is_connected(&self) -> bool;

    /// Whether a connection that is lost is made again, so that a message waits for it.
    fn reconnects(&self) -> bool {
        false
    }

    /// Cancelled when the other end can no longer be reached.
    fn closed(&self) -> CancellationToken;

    /// See [`Peer::state`](super::Peer::state).
    fn state(&self) -> ConnectionState {
        match self.is_connected() {
            true => ConnectionState::Connected,
            false => {
                let why = Status::new(Code::ConnectionLost, "the peer was closed");
                ConnectionState::Closed(why)
            }
        }
    }

    /// Where its states are to be watched. `None` where the only change is the one that
    /// [`closed`](Self::closed) tells of.
    fn states(&self) -> Option<watch::Receiver<ConnectionState>> {
        None
    }

    /// See [`Peer::statistics`](super::Peer::statistics).
    fn statistics(&self) -> Statistics {
        Statistics::default()
    }

    /// The runtime that the connection runs in, where there is one: for tasks that call over it from
    /// elsewhere.
    fn runtime(&self) -> Option<tokio::runtime::Handle> {
        None
    }

    /// See [`Peer::schema_differences`](super::Peer::schema_differences).
    fn schema_differences(&self) -> Vec<SchemaDifference> {
        Vec::new()
    }

    /// Whether its connection is held by another server, a gateway beyond a broker, which is to be asked
    /// for the topics that the peer hears.
    fn is_behind_gateway(&self) -> bool {
        false
    }

    /// Ends the connection: at once, or when what runs has finished.
    fn close(&self, drain: bool);
}

/// What is sent ahead of a message.
#[derive(Clone, Copy, Debug)]
pub struct CallHead<'a> {
    /// Which message.
    pub message: MessageId,
    /// Its name, for log lines and for framings that send names.
    pub name: &'a str,
    /// How it is answered.
    pub kind: MessageKind,
    /// Whether it may be run twice without harm.
    pub idempotent: bool,
    /// Its deadline from now on; the other end's default where it names none.
    pub timeout: Option<Duration>,
    /// Where it goes.
    pub address: Option<Address<'a>>,
    /// What travels beside it.
    pub metadata: Entries<'a>,
    /// The format it must be sent in, if not the connection's own.
    pub format: Option<Format>,
    /// Whom it is sent for, if not for this end itself.
    pub forwarded: Option<&'a Forwarded>,
    /// Who is to be called back by whoever handles it, if not this end itself.
    pub caller: Option<&'a Peer>,
    /// The caller that it is for, by the number that the other end gave it.
    pub client: Option<NonZeroU64>,
    /// What time it is, where somebody has looked at the clock just before.
    pub now: Option<Instant>,
}

/// What a call keeps of its way to the other end.
#[derive(Clone, Default)]
pub struct Wait {
    /// Its place in the queue, while it waits for room.
    pub ticket: Option<u64>,
    /// When it gives up waiting for room.
    pub deadline: Option<Instant>,
    /// Who is asked for its replies, where that is not the one that it was given to: set by an
    /// [`Outbound`] that picks another one for each call.
    pub via: Option<Arc<dyn Outbound>>,
    /// What becomes of a request whose connection is lost.
    pub resend: Resend,
}

/// What becomes of a request whose connection is lost after it was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resend {
    /// It is lost.
    #[default]
    Never,
    /// It is started again, within [`Wait::deadline`]: set by an [`Outbound`] that outlives its
    /// connections. The call keeps its message until then.
    Allowed,
    /// The same; and it has been sent before, so that it may have run.
    Again,
}

impl Wait {
    /// Whether a request that was lost is to be started again.
    pub(super) fn begin_again(&mut self) -> bool {
        let in_time = self.deadline.is_some_and(|at| Instant::now() < at);
        if self.resend == Resend::Never || !in_time {
            return false;
        }
        self.resend = Resend::Again;
        self.via = None;
        true
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("ticket", &self.ticket)
            .field("deadline", &self.deadline)
            .field("via", &self.via.as_ref().map(|via| via.id()))
            .field("resend", &self.resend)
            .finish()
    }
}

/// A request that has been sent.
#[derive(Debug)]
pub enum Started {
    /// Its reply will wake the task that started it.
    Waiting(CorrelationId),
    /// Its reply may be there, or needs to be polled for.
    Poll(CorrelationId),
    /// Its first reply is here. The others, if it is not the last, are polled for.
    Replied(CorrelationId, Reply),
}
