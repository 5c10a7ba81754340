//! The broker of this process.
//!
//! It has everything that a broker can promise: it confirms, gives a task out again when its worker is
//! gone, and keeps dead letters. All of it is lost with the process. Tests run on it what is to run on
//! another one, and a program that is one process today can be cut where its queues are.

mod line;
mod node;
mod state;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use line::MemoryLine;
use state::State;

use super::{
    Broker, BrokerError, Capabilities, DeadLettering, Later, Line, Opening, Receiver, Redelivers,
};

/// The broker of this process. Clones are the same broker.
///
/// A node's queue holds at most 65,536 tasks; one more is answered `Unavailable`. Its dead letters are at most
/// 1,024, of which the oldest go first.
#[derive(Clone, Default)]
pub struct Memory {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
}

impl Memory {
    /// A broker that has nothing yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Shared {
    /// What is given out under the lock only goes into channels.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Broker for Memory {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            confirms: true,
            keeps: true,
            redelivers: Redelivers::ToAnyWorker,
            dead_letters: DeadLettering::All,
            knows_absence: true,
            knows_inboxes: true,
        }
    }

    fn open(
        &self,
        opening: Opening,
        receiver: Arc<dyn Receiver>,
    ) -> Later<Result<Arc<dyn Line>, BrokerError>> {
        let line: Arc<dyn Line> = MemoryLine::open(self.shared.clone(), &opening, receiver);
        Box::pin(std::future::ready(Ok(line)))
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}
