//! What the user wants to hear of: connections that begin, and how each of them ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{ConnectionState, Peer};
use crate::status::{Code, Status};

/// The hooks of a client or server. A panic in one is logged, and goes no further.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    connected: Option<Connected>,
    closed: Option<Closed>,
}

type Connected = Arc<dyn Fn(&Peer) + Send + Sync>;
type Closed = Arc<dyn Fn(&Peer, &Status) + Send + Sync>;

/// A connection that was told of. Dropped, it tells of the end: that happens once, however the
/// connection ends, with the task that it runs in or by itself.
pub(crate) struct Told {
    hooks: Hooks,
    /// Who is told of.
    peer: Peer,
    /// The connection itself, which knows why it has ended.
    connection: Peer,
}

impl Hooks {
    pub(crate) fn on_connected(&mut self, hook: impl Fn(&Peer) + Send + Sync + 'static) {
        self.connected = Some(Arc::new(hook));
    }

    pub(crate) fn on_closed(&mut self, hook: impl Fn(&Peer, &Status) + Send + Sync + 'static) {
        self.closed = Some(Arc::new(hook));
    }

    /// Tells of a connection, as one of `peer`.
    pub(crate) fn connected(&self, peer: &Peer, connection: &Peer) -> Told {
        let told = Told {
            hooks: self.clone(),
            peer: peer.without_owner(),
            connection: connection.without_owner(),
        };
        if let Some(hook) = &self.connected {
            contain("a connection's beginning", || hook(&told.peer));
        }
        told
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        let Some(hook) = self.hooks.closed.take() else {
            return;
        };
        let why = match self.connection.state() {
            ConnectionState::Closed(why) => why,
            _ => Status::new(Code::ConnectionLost, "this end was stopped"),
        };
        contain("a connection's end", || hook(&self.peer, &why));
    }
}

fn contain(of: &str, hook: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(hook)).is_err() {
        tracing::error!("the hook for {of} panicked");
    }
}
