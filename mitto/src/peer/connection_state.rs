//! What a peer's connection is doing, to be looked at and to be watched.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use super::{Outbound, Peer};
use crate::status::Status;

/// What a peer's connection is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionState {
    /// There is a connection.
    Connected,
    /// There is none, and a client that reconnects tries to make one.
    #[non_exhaustive]
    Connecting {
        /// The attempt that is under way or waited for; 1 is the first since the last connection.
        attempt: u32,
        /// Why there is none: how the last connection ended, or the last attempt.
        why: Status,
    },
    /// There is none, and there will not be one.
    Closed(Status),
}

/// Watches a peer's connection; from [`Peer::states`]. It does not keep the connection open.
#[derive(Clone)]
pub struct States(Watched);

#[derive(Clone)]
enum Watched {
    /// It changes as often as it likes.
    Often(watch::Receiver<ConnectionState>),
    /// It is open until it is closed.
    Once {
        peer: Peer,
        /// Whether the end was seen.
        ended: bool,
    },
}

impl States {
    pub(super) fn of(peer: &Peer) -> Self {
        let states = peer
            .outbound()
            .and_then(|out: &Arc<dyn Outbound>| out.states());
        Self(match states {
            Some(states) => Watched::Often(states),
            None => Watched::Once {
                ended: peer.state().is_closed(),
                peer: peer.without_owner(),
            },
        })
    }

    /// The state now. It counts as seen.
    pub fn current(&mut self) -> ConnectionState {
        match &mut self.0 {
            Watched::Often(states) => states.borrow_and_update().clone(),
            Watched::Once { peer, ended } => {
                let state = peer.state();
                *ended = state.is_closed();
                state
            }
        }
    }

    /// Waits for a state that was not seen yet; `None` after [`ConnectionState::Closed`].
    ///
    /// Of changes that come faster than they are looked at only the last is seen; the hooks
    /// `on_connected` and `on_closed` of a client are told of every connection.
    pub async fn changed(&mut self) -> Option<ConnectionState> {
        match &mut self.0 {
            Watched::Often(states) => {
                if states.borrow().is_closed() && !states.has_changed().unwrap_or(false) {
                    return None;
                }
                states.changed().await.ok()?;
                Some(states.borrow_and_update().clone())
            }
            Watched::Once { ended: true, .. } => None,
            Watched::Once { peer, ended } => {
                peer.closed().await;
                *ended = true;
                Some(peer.state())
            }
        }
    }
}

impl ConnectionState {
    /// Whether there is a connection.
    pub fn is_connected(&self) -> bool {
        matches!(self, Self::Connected)
    }

    /// Whether there will not be one any more.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed(_))
    }
}

impl fmt::Display for ConnectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected => f.write_str("connected"),
            Self::Connecting { attempt, why } => write!(f, "connecting, attempt {attempt}: {why}"),
            Self::Closed(why) => write!(f, "closed: {why}"),
        }
    }
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = match &self.0 {
            Watched::Often(states) => states.borrow().clone(),
            Watched::Once { peer, .. } => peer.state(),
        };
        f.debug_tuple("States").field(&now).finish()
    }
}
