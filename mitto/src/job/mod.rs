//! One request on its way to a handler: what was asked, how to answer, and what still runs.
//!
//! A session, or a caller in the same process, makes a [`Job`] and an [`Answer`] and submits both to
//! a queue; it gets a [`Run`] back, which it polls until the handler has finished.

mod answer;
mod counted;
mod exchange;
mod gathering;
mod local;
mod owned;
mod parts;
mod place;
mod pool;
mod queue;
#[cfg_attr(
    not(any(feature = "broker", feature = "host")),
    expect(dead_code, reason = "nothing is handed on")
)]
mod relay;
mod run;
mod task;
mod watched;

use crate::runtime::Instant;

pub(crate) use answer::AnswerTo;
pub use answer::{Allowance, Answer, Answering, GatheredItems};
pub(crate) use counted::Counted;
#[cfg(feature = "broker")]
pub(crate) use exchange::Exchange;
pub(crate) use gathering::poll_item;
pub use local::Local;
pub use owned::OwnedJob;
pub(crate) use parts::unsent;
pub use parts::{AnswerPart, AnswerParts};
pub(crate) use place::Place;
pub use pool::Pool;
pub use queue::Queue;
pub(crate) use relay::Relay;
#[cfg(feature = "host")]
pub(crate) use relay::Via;
pub use run::Run;
pub(crate) use run::{Drive, Handling};
pub(crate) use task::Task;
pub use watched::Watched;

use crate::address::Address;
use crate::auth::Identity;
use crate::codec::Codecs;
use crate::envelope::{Entries, MessageId};
use crate::message::Payload;
use crate::peer::Peer;

/// What was asked, borrowed from where it came in. Whoever must keep it copies it: [`OwnedJob`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Job<'a> {
    /// Which message.
    pub message: MessageId,
    /// The message itself.
    pub payload: Payload<'a>,
    /// The formats of the end that it came in at.
    pub codecs: &'a Codecs,
    /// Where it goes.
    pub address: Option<Address<'a>>,
    /// What travels beside it.
    pub metadata: Entries<'a>,
    /// When its caller gives up.
    pub deadline: Option<Instant>,
    /// Who it is from; `None` for an anonymous caller.
    pub identity: Option<&'a Identity>,
    /// How often it was forwarded between servers before.
    pub hops: u8,
    /// Whether it may be run twice without harm.
    pub idempotent: bool,
    /// Whether it is a notification, whose answer nobody waits for.
    pub one_way: bool,
    /// Who asks, and can be called back.
    pub caller: &'a Peer,
    /// Where finished handlers leave their memory to be used again.
    pub pool: Option<&'a mut Pool>,
    /// The time when it was submitted, where somebody has looked at the clock just before.
    pub(crate) submitted: Option<Instant>,
    /// How many routers have handed it on within this process.
    #[cfg(feature = "host")]
    pub(crate) routed: u8,
}

impl<'a> Job<'a> {
    /// A job without address, metadata, deadline and identity.
    pub fn new(
        message: MessageId,
        payload: Payload<'a>,
        caller: &'a Peer,
        codecs: &'a Codecs,
    ) -> Self {
        Self {
            message,
            payload,
            codecs,
            address: None,
            metadata: Entries::default(),
            deadline: None,
            identity: None,
            hops: 0,
            idempotent: false,
            one_way: false,
            caller,
            pool: None,
            submitted: None,
            #[cfg(feature = "host")]
            routed: 0,
        }
    }

    /// The same job, lent for less long, so that parts of it can be replaced.
    pub(crate) fn lend(&mut self) -> Job<'_> {
        Job {
            message: self.message,
            payload: self.payload.lend(),
            codecs: self.codecs,
            address: self.address,
            metadata: self.metadata,
            deadline: self.deadline,
            identity: self.identity,
            hops: self.hops,
            idempotent: self.idempotent,
            one_way: self.one_way,
            caller: self.caller,
            pool: self.pool.as_deref_mut(),
            // Whoever stands in between may take its time.
            submitted: None,
            #[cfg(feature = "host")]
            routed: self.routed,
        }
    }
}
