//! What was run before.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::job::AnswerPart;
use crate::queue::broker::Later;
use crate::runtime::Instant;

/// Remembers what was run, by the ids of the tasks, so that none is run twice: however often a broker
/// delivers it, and whichever worker gets it, as long as they share the store.
///
/// With it a task that is delivered again is run if it has never begun, also where the message is not
/// `idempotent`; answered as before if it has finished; and otherwise treated as without a store.
///
/// An implementation over a database keeps an id from [`begin`](Self::begin) on, at least for as long as
/// its broker may deliver it again. What it does when it cannot is its own choice: to say
/// [`KnownTask::New`] runs a task perhaps twice, [`KnownTask::Begun`] perhaps not at all.
pub trait Store: Send + Sync + 'static {
    /// A task is about to be run. Says what is known of it, and notes that it has begun.
    fn begin(&self, id: &Arc<str>) -> Later<KnownTask>;

    /// The task has ended with this: its last part, which is a response, an error, a status or the end. After
    /// [`AnswerPart::Unreadable`] it has never begun, or has become a dead letter which is run again if somebody
    /// puts it back, and is to be forgotten.
    fn finish(&self, id: &Arc<str>, outcome: AnswerPart) -> Later<()>;
}

/// What a [`Store`] knows of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownTask {
    /// It was never begun.
    New,
    /// It was begun, and nothing is known of its end.
    Begun,
    /// It has ended with this.
    Finished(AnswerPart),
}

/// A [`Store`] in this process, for the workers in it. Clones share what they know.
#[derive(Clone)]
pub struct MemoryStore {
    shared: Arc<Mutex<State>>,
    most: usize,
    kept: Duration,
}

#[derive(Default)]
struct State {
    known: HashMap<Arc<str>, KnownTask>,
    order: VecDeque<(Instant, Arc<str>)>,
}

impl MemoryStore {
    /// Remembers the last 100,000 tasks, each for 10 minutes.
    pub fn new() -> Self {
        Self::with_room(100_000, Duration::from_secs(600))
    }

    /// Remembers the last `most` tasks, each for at most `kept`.
    pub fn with_room(most: usize, kept: Duration) -> Self {
        Self {
            shared: Arc::default(),
            most: most.max(1),
            kept,
        }
    }

    /// No user code runs under the lock.
    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, id: &Arc<str>) -> KnownTask {
        let now = Instant::now();
        let mut state = self.state();
        let is_old = |at: &Instant| *at + self.kept < now;
        while state.order.front().is_some_and(|(at, _)| is_old(at))
            || state.order.len() >= self.most
        {
            if let Some((_, oldest)) = state.order.pop_front() {
                state.known.remove(&oldest);
            }
        }
        match state.known.insert(id.clone(), KnownTask::Begun) {
            None => {
                state.order.push_back((now, id.clone()));
                KnownTask::New
            }
            Some(KnownTask::Finished(outcome)) => {
                let finished = KnownTask::Finished(outcome);
                state.known.insert(id.clone(), finished.clone());
                finished
            }
            Some(known) => known,
        }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for MemoryStore {
    fn begin(&self, id: &Arc<str>) -> Later<KnownTask> {
        Box::pin(std::future::ready(self.note(id)))
    }

    fn finish(&self, id: &Arc<str>, outcome: AnswerPart) -> Later<()> {
        let mut state = self.state();
        if let Some(known) = state.known.get_mut(id) {
            *known = match outcome {
                AnswerPart::Unreadable(_) => KnownTask::New,
                outcome => KnownTask::Finished(outcome),
            };
        }
        Box::pin(std::future::ready(()))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("known", &self.state().known.len())
            .finish_non_exhaustive()
    }
}
