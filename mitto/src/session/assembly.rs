//! Large messages on their way in, in pieces.

use crate::address::{Address, OwnedAddress};
use crate::auth::{Identity, Stated};
use crate::envelope::{CorrelationId, Envelope, Head, Kind, Metadata};
use crate::limits::Limits;
use crate::runtime::Instant;

/// The messages of which some pieces have come.
#[derive(Debug)]
pub(super) struct Assembly {
    parts: Vec<Part>,
    at_once: usize,
    limit: usize,
}

/// One message of which some pieces have come.
#[derive(Debug)]
pub(super) struct Part {
    head: Head<'static>,
    name: Box<str>,
    address: Option<OwnedAddress>,
    metadata: Metadata,
    /// What the head states of it, if it does.
    identity: Option<Option<Identity>>,
    total: usize,
    payload: Vec<u8>,
    deadline: Instant,
}

/// Why a piece is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PieceError {
    #[error("a first piece does not announce the total")]
    NoTotal,
    #[error("{total} bytes in pieces, at most {limit} are taken")]
    TooLarge { total: u64, limit: usize },
    #[error("more than {0} messages in pieces at once")]
    TooMany(usize),
    #[error("a later piece of a message that has no first one")]
    NoFirst,
    #[error("the pieces do not add up to the total that was announced")]
    WrongTotal,
}

impl Assembly {
    pub(super) fn of(limits: &Limits) -> Self {
        Self {
            parts: Vec::new(),
            at_once: limits.pieces,
            limit: limits.message,
        }
    }

    /// Whether an envelope is a piece.
    pub(super) fn is_piece(head: &Head<'_>) -> bool {
        head.more || head.rest
    }

    /// Adds a piece of a message which must come before `deadline` as a whole. The last one gives the
    /// message. `is_open` says whether a request of this end still waits for its outcome: what comes
    /// for the others takes no place.
    pub(super) fn add(
        &mut self,
        envelope: &Envelope<'_>,
        deadline: Instant,
        is_open: impl Fn(CorrelationId) -> bool,
    ) -> Result<Option<Part>, PieceError> {
        let head = &envelope.head;
        let at = match head.rest {
            false => self.begin(head, deadline, is_open)?,
            true => self.find(head).ok_or(PieceError::NoFirst)?,
        };
        let part = &mut self.parts[at];
        if envelope.payload.len() > part.total - part.payload.len() {
            self.parts.swap_remove(at);
            return Err(PieceError::WrongTotal);
        }
        part.payload.extend_from_slice(envelope.payload);
        if head.more {
            return Ok(None);
        }
        let part = self.parts.swap_remove(at);
        match part.payload.len() == part.total {
            true => Ok(Some(part)),
            false => Err(PieceError::WrongTotal),
        }
    }

    /// Forgets the pieces of a request.
    pub(super) fn cancel(&mut self, id: CorrelationId, from_requester: bool) -> bool {
        let before = self.parts.len();
        self.parts
            .retain(|p| p.head.correlation != id || p.head.from_requester != from_requester);
        before != self.parts.len()
    }

    /// Forgets those that are late, and hands each head to `each`.
    pub(super) fn expire(&mut self, now: Instant, mut each: impl FnMut(Head<'static>)) {
        self.parts.retain(|part| {
            let keep = part.deadline > now;
            if !keep {
                each(part.head);
            }
            keep
        });
    }

    pub(super) fn earliest(&self) -> Option<Instant> {
        self.parts.iter().map(|part| part.deadline).min()
    }

    fn begin(
        &mut self,
        head: &Head<'_>,
        deadline: Instant,
        is_open: impl Fn(CorrelationId) -> bool,
    ) -> Result<usize, PieceError> {
        let is_wanted = |head: &Head<'_>| {
            head.from_requester || head.correlation.is_none() || is_open(head.correlation)
        };
        if !is_wanted(head) {
            return Err(PieceError::NoFirst);
        }
        // Another first piece drops what came of an unfinished message.
        if let Some(at) = self.find(head) {
            self.parts.swap_remove(at);
        }
        let total = head.total.ok_or(PieceError::NoTotal)?;
        let limit = self.limit;
        let fits = usize::try_from(total).ok().filter(|total| *total <= limit);
        let total = fits.ok_or(PieceError::TooLarge { total, limit })?;
        if self.parts.len() >= self.at_once {
            self.parts.retain(|part| is_wanted(&part.head));
        }
        if self.parts.len() >= self.at_once {
            return Err(PieceError::TooMany(self.at_once));
        }
        self.parts.push(Part {
            head: head.detached(),
            name: head.name.into(),
            address: head.address.map(Address::into_owned),
            metadata: head.metadata.into(),
            identity: head.identity.map(|stated| stated.identity()),
            total,
            payload: Vec::new(),
            deadline,
        });
        Ok(self.parts.len() - 1)
    }

    fn find(&self, head: &Head<'_>) -> Option<usize> {
        self.parts.iter().position(|part| {
            let of = &part.head;
            (of.kind, of.correlation, of.from_requester)
                == (head.kind, head.correlation, head.from_requester)
        })
    }
}

impl Part {
    /// Takes the whole payload out.
    pub(super) fn take_payload(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.payload)
    }

    /// The head of the whole. A request has less time left than when its first piece came.
    pub(super) fn head(&self, now: Instant) -> Head<'_> {
        let left = self.deadline.saturating_duration_since(now);
        Head {
            name: &self.name,
            address: self.address.as_ref().map(OwnedAddress::as_address),
            timeout: (self.head.kind == Kind::Request).then_some(left),
            metadata: self.metadata.entries(),
            identity: self.identity.as_ref().map(Stated::of),
            ..self.head
        }
    }
}
