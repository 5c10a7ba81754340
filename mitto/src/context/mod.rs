//! What a handler may know of the request it answers.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::runtime::Instant;
use tokio_util::sync::CancellationToken;

use crate::address::{Address, OwnedAddress};
use crate::auth::Identity;
use crate::envelope::{Entries, Metadata};
use crate::job::{Answer, AnswerTo, Job};
use crate::peer::Peer;

/// What is known of a request while its handler's arguments are made.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parts<'a> {
    /// Where the request goes.
    pub address: Option<Address<'a>>,
    /// What travels beside it.
    pub metadata: Entries<'a>,
    /// When its caller gives up.
    pub deadline: Option<Instant>,
    /// Who asks; `None` for an anonymous caller.
    pub identity: Option<&'a Identity>,
    /// Who asks, and can be called back.
    pub caller: &'a Peer,
    /// The way back.
    pub answer: &'a Answer,
    /// What the items of a stream need; `None` where the answer is no stream.
    pub(crate) items: Option<ItemSource<'a>>,
}

/// What the items of a stream need, for whoever knows their type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ItemSource<'a> {
    /// The fn that encodes an item.
    pub(crate) encode: &'a (dyn Any + Send),
    /// Set as soon as an item is sent.
    pub(crate) opened: &'a Arc<AtomicBool>,
}

impl<'a> Parts<'a> {
    /// The parts of a job.
    pub fn new<'j: 'a>(job: &Job<'j>, answer: &'a Answer) -> Self {
        Self {
            address: job.address,
            metadata: job.metadata,
            deadline: job.deadline,
            identity: job.identity,
            caller: job.caller,
            answer,
            items: None,
        }
    }

    /// The parts of a call within this process that has no caller.
    pub fn nobody(caller: &'a Peer, answer: &'a Answer) -> Self {
        Self {
            address: None,
            metadata: Entries::default(),
            deadline: None,
            identity: None,
            caller,
            answer,
            items: None,
        }
    }
}

/// What a handler may know of the request it answers: take one as an argument.
#[derive(Clone)]
pub struct Context {
    address: Option<OwnedAddress>,
    metadata: Metadata,
    deadline: Option<Instant>,
    identity: Option<Identity>,
    caller: Peer,
    answer: Option<AnswerTo>,
}

impl Context {
    /// The context of a request.
    pub fn new(parts: &Parts<'_>) -> Self {
        Self {
            address: parts.address.map(Address::into_owned),
            metadata: parts.metadata.into(),
            deadline: parts.deadline,
            identity: parts.identity.cloned(),
            caller: parts.caller.clone(),
            answer: parts.answer.to(),
        }
    }

    /// Where the request goes.
    pub fn address(&self) -> Option<Address<'_>> {
        self.address.as_ref().map(OwnedAddress::as_address)
    }

    /// What travels beside it.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// When its caller gives up.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Who asks; `None` for an anonymous caller. On a link that is whom the other server asks for,
    /// while [`Peer::identity`] is the server itself.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// Who asks, and can be called back.
    pub fn peer(&self) -> &Peer {
        &self.caller
    }

    /// Tells the caller that the request is being worked on. It waits a full timeout from now on, up
    /// to the maximum of [`Limits::timeout_max`](crate::limits::Limits::timeout_max).
    pub fn progress(&self) {
        if let Some(to) = &self.answer {
            to.progress();
        }
    }

    /// Whether the caller has given up. An async handler is dropped then; a blocking one may ask.
    pub fn is_cancelled(&self) -> bool {
        self.answer
            .as_ref()
            .is_some_and(|AnswerTo { to, id }| !to.is_waited_for(*id))
    }

    /// A token that is cancelled when the caller gives up, for what the handler has spawned.
    pub fn cancellation(&self) -> CancellationToken {
        match &self.answer {
            Some(AnswerTo { to, id }) => to.cancellation(*id),
            None => CancellationToken::new(),
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("address", &self.address)
            .field("metadata", &self.metadata)
            .field("deadline", &self.deadline)
            .field("identity", &self.identity)
            .field("caller", &self.caller)
            .finish_non_exhaustive()
    }
}
