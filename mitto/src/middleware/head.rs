//! What a middleware sees of a request, and what it may change.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::gate::Gate;
use crate::address::{Address, OwnedAddress};
use crate::auth::Identity;
use crate::envelope::{MessageId, Metadata};
use crate::message::MessageKind;
use crate::peer::Peer;
use crate::runtime::{Instant, later};

/// Which way a request goes, seen from this end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The other end asks, a handler here answers.
    Incoming,
    /// This end asks.
    Outgoing,
}

/// What is known of a request for as long as it lasts. Clones are cheap, and may be kept.
#[derive(Clone)]
pub struct About(Arc<dyn Passing>);

/// A request on its way through middleware.
pub(super) trait Passing: Send + Sync {
    fn facts(&self) -> &Facts;

    fn gate(&self) -> &Gate;

    /// Whether the handler of a stream has begun to answer.
    fn has_begun(&self) -> bool;
}

/// What [`About`] tells.
pub(super) struct Facts {
    pub(super) name: Cow<'static, str>,
    pub(super) message: MessageId,
    pub(super) kind: MessageKind,
    pub(super) direction: Direction,
    pub(super) peer: Peer,
    pub(super) address: Option<OwnedAddress>,
    pub(super) identity: Option<Identity>,
    /// The deadline before any middleware has seen it.
    pub(super) deadline: Option<Instant>,
}

impl About {
    pub(super) fn new(passing: Arc<dyn Passing>) -> Self {
        Self(passing)
    }

    pub(super) fn gate(&self) -> &Gate {
        self.0.gate()
    }

    pub(super) fn facts(&self) -> &Facts {
        self.0.facts()
    }

    pub(super) fn has_begun(&self) -> bool {
        self.0.has_begun()
    }

    /// The message's name, as in the schema. A message that came in and is not in the schema is
    /// `unknown`, so that names are few whatever a caller invents.
    pub fn name(&self) -> &str {
        &self.facts().name
    }

    /// The same, to be kept: names of a schema are not copied.
    pub fn to_name(&self) -> Cow<'static, str> {
        self.facts().name.clone()
    }

    /// The message's id, as it travels.
    pub fn message(&self) -> MessageId {
        self.facts().message
    }

    /// How the message is answered.
    pub fn kind(&self) -> MessageKind {
        self.facts().kind
    }

    /// Which way it goes.
    pub fn direction(&self) -> Direction {
        self.facts().direction
    }

    /// The other end: who asks, or who is asked. Calls to it pass through no middleware.
    pub fn peer(&self) -> &Peer {
        &self.facts().peer
    }

    /// Where it goes.
    pub fn address(&self) -> Option<Address<'_>> {
        let address = self.facts().address.as_ref();
        address.map(OwnedAddress::as_address)
    }

    /// Who asks, as this end has authenticated it; of an outgoing request, who is asked. `None` where
    /// nobody has.
    pub fn identity(&self) -> Option<&Identity> {
        self.facts().identity.as_ref()
    }
}

impl fmt::Debug for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("About")
            .field("name", &self.name())
            .field("direction", &self.direction())
            .field("peer", self.peer())
            .finish_non_exhaustive()
    }
}

/// What runs around each poll of a handler: see [`RequestHead::within`].
pub(super) type Scope = Arc<dyn Fn(&mut dyn FnMut()) + Send + Sync>;

/// What middleware changes of a request.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) metadata: Metadata,
    pub(super) deadline: Option<Instant>,
    pub(super) scope: Option<Scope>,
}

/// A request before it goes on: everything but the message itself.
pub struct RequestHead {
    about: About,
    changes: Changes,
}

impl RequestHead {
    pub(super) fn new(about: About, metadata: Metadata) -> Self {
        let changes = Changes {
            metadata,
            deadline: about.facts().deadline,
            scope: None,
        };
        Self { about, changes }
    }

    pub(super) fn into_parts(self) -> (About, Changes) {
        (self.about, self.changes)
    }

    /// What stays known of it after it has gone on; clone it to keep it.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// See [`About::name`].
    pub fn name(&self) -> &str {
        self.about.name()
    }

    /// See [`About::message`].
    pub fn message(&self) -> MessageId {
        self.about.message()
    }

    /// See [`About::kind`].
    pub fn kind(&self) -> MessageKind {
        self.about.kind()
    }

    /// See [`About::direction`].
    pub fn direction(&self) -> Direction {
        self.about.direction()
    }

    /// See [`About::peer`].
    pub fn peer(&self) -> &Peer {
        self.about.peer()
    }

    /// See [`About::address`].
    pub fn address(&self) -> Option<Address<'_>> {
        self.about.address()
    }

    /// See [`About::identity`].
    pub fn identity(&self) -> Option<&Identity> {
        self.about.identity()
    }

    /// What travels beside the message.
    pub fn metadata(&self) -> &Metadata {
        &self.changes.metadata
    }

    /// What travels beside the message, to be changed. Outgoing metadata is held to
    /// [`Limits::metadata_entries`](crate::limits::Limits::metadata_entries) and
    /// [`Limits::metadata_bytes`](crate::limits::Limits::metadata_bytes) afterwards.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.changes.metadata
    }

    /// When the request is given up; `None` for a notification.
    pub fn deadline(&self) -> Option<Instant> {
        self.changes.deadline
    }

    /// Gives the request at most so long from now on; a deadline that is nearer stays. Of a stream it
    /// is the time until it begins. A notification has no deadline, and gets none.
    ///
    /// A handler that is too late is dropped, and its caller gets `Timeout`. Progress does not extend it.
    pub fn shorten(&mut self, time: Duration) {
        if let Some(deadline) = &mut self.changes.deadline {
            *deadline = later(Instant::now(), time).min(*deadline);
        }
    }

    /// Runs every poll of the handler inside `scope`, which must call what it is given; for what is
    /// bound to the thread: a span, a task-local.
    ///
    /// The future of [`Next::run`](super::Next::run) does not do that: it waits for the handler, which
    /// is polled beside it. Work that the handler spawns is not polled inside. Of an outgoing request
    /// only what sends it runs inside.
    pub fn within(&mut self, scope: impl Fn(&mut dyn FnMut()) + Send + Sync + 'static) {
        self.changes.scope = Some(match self.changes.scope.take() {
            None => Arc::new(scope),
            Some(outer) => Arc::new(move |work| outer(&mut || scope(work))),
        });
    }
}

impl fmt::Debug for RequestHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("about", &self.about)
            .field("metadata", self.metadata())
            .field("deadline", &self.deadline())
            .finish_non_exhaustive()
    }
}
