//! Middleware around the requests of a client.

use std::sync::Arc;

use crate::built_in::BuiltIn;
use crate::job::Queue;
use crate::limits::Limits;
use crate::middleware::{Incoming, Known, Outgoing, Stack};
use crate::peer::Peer;
use crate::provider::MessageProvider;

/// What stands around the requests of a client.
pub(super) struct Around {
    incoming: Stack,
    known: Known,
    limit: usize,
    outgoing: Outgoing,
}

impl Around {
    pub(super) fn new(
        provider: &dyn MessageProvider,
        incoming: Stack,
        outgoing: Stack,
        limits: &Limits,
    ) -> Self {
        let (schema, side) = (provider.descriptor(), provider.side());
        let known = |side| Known::new(schema, side).and(BuiltIn::MESSAGES);
        Self {
            incoming,
            known: known(side),
            limit: limits.message,
            outgoing: Outgoing::new(outgoing, known(side.other()), limits),
        }
    }

    /// Around what comes in. Its handlers call back through what stands around this client's calls.
    pub(super) fn queue(&self, queue: Arc<dyn Queue>) -> Arc<dyn Queue> {
        let queue = self.outgoing.around_callers(queue);
        Incoming::around(self.incoming.clone(), self.known.clone(), self.limit, queue)
    }

    /// Around what goes out. This and not the session's peer, as a client may have one session after
    /// another.
    pub(super) fn peer(&self, peer: Peer) -> Peer {
        self.outgoing.around(peer)
    }
}
