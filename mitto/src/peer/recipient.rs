//! Who is given a reply as soon as it comes.

use std::fmt;
use std::sync::Arc;

use crate::envelope::CorrelationId;
use crate::message::Encoded;
use crate::status::Status;

/// Who is given the last reply to a request when it comes, rather than woken to ask for it: a session whose
/// own request was handed on, and ends with the same answer.
pub trait Recipient: Send + Sync + 'static {
    /// Whether it takes a reply now. Who does not is [resumed](Self::resume), and asks when it has room.
    fn has_room(&self) -> bool;

    /// Takes the reply that ends its request `id`. When no more come for now it is told [so](Self::taken).
    fn take(&self, id: CorrelationId, reply: LastReply<'_>);

    /// It has been given the replies that there were.
    fn taken(&self);

    /// Something came for its request `id` that is to be asked for.
    fn resume(&self, id: CorrelationId);
}

/// The reply that ends a request, borrowed from where it came in.
#[derive(Debug)]
pub enum LastReply<'a> {
    /// The response.
    Response(Encoded<'a>),
    /// The handler's own error.
    Error(Encoded<'a>),
    /// Any other failure.
    Status(Status),
    /// The end of a stream.
    End,
}

/// Whom a reply is given to, and which request of theirs it ends.
pub struct Handover {
    /// Who.
    pub to: Arc<dyn Recipient>,
    /// Their own request.
    pub id: CorrelationId,
}

impl Handover {
    /// Says that there is something to ask for.
    pub fn resume(&self) {
        self.to.resume(self.id);
    }
}

impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handover")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
