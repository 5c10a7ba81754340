//! One node's queue.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::queue::broker::{
    ATTEMPTS, DeadLetter, Delivery, Foreign, Node, Parcel, ParcelKind, Settled,
};

/// The most tasks that a queue holds.
const MOST: usize = 65_536;

/// The most dead letters that are kept.
const MOST_DEAD: usize = 1_024;

/// One node's queue, with those who take work from it.
#[derive(Default)]
pub(super) struct Queue {
    ready: VecDeque<Stored>,
    takers: Vec<Taker>,
    /// Whose turn it is.
    turn: usize,
    dead: VecDeque<DeadLetter>,
}

struct Stored {
    parcel: Parcel,
    /// How often it was given out.
    attempts: u32,
}

struct Taker {
    line: u64,
    most: usize,
    has: HashMap<u64, Stored>,
}

/// A task on its way to who has taken it.
pub(super) struct Given {
    pub(super) line: u64,
    pub(super) delivery: Delivery,
}

impl Queue {
    /// Keeps a task. False when the queue is full.
    pub(super) fn put(&mut self, parcel: Parcel) -> bool {
        let room = self.ready.len() < MOST;
        if room {
            self.ready.push_back(Stored {
                parcel,
                attempts: 0,
            });
        }
        room
    }

    /// How much a line takes from now on.
    pub(super) fn set_taker(&mut self, line: u64, most: usize) {
        match self.takers.iter_mut().find(|taker| taker.line == line) {
            Some(taker) => taker.most = most,
            None => self.takers.push(Taker {
                line,
                most,
                has: HashMap::new(),
            }),
        }
    }

    /// A line is gone: what it had is given to others.
    pub(super) fn leave(&mut self, line: u64, node: &Node, next: &mut u64) {
        let Some(at) = self.takers.iter().position(|taker| taker.line == line) else {
            return;
        };
        let mut has: Vec<_> = self.takers.remove(at).has.into_iter().collect();
        has.sort_by_key(|(tag, _)| std::cmp::Reverse(*tag));
        for (_, stored) in has {
            self.again(stored, node, next);
        }
    }

    /// Says what became of a task.
    pub(super) fn settle(
        &mut self,
        line: u64,
        tag: u64,
        settled: Settled,
        node: &Node,
        next: &mut u64,
    ) {
        let taker = self.takers.iter_mut().find(|taker| taker.line == line);
        let Some(mut stored) = taker.and_then(|taker| taker.has.remove(&tag)) else {
            return;
        };
        match settled {
            Settled::Done => {}
            Settled::GiveBack => {
                stored.attempts -= 1;
                self.ready.push_front(stored);
            }
            Settled::Dead(reason) => self.bury(stored, reason, node, next),
        }
    }

    /// Gives out what can be, each line in its turn.
    pub(super) fn give(&mut self, node: &Node, next: &mut u64, mut given: impl FnMut(Given)) {
        let count = self.takers.len();
        while !self.ready.is_empty() {
            let turns = (0..count).map(|by| (self.turn + by) % count);
            let Some(at) = turns.into_iter().find(|at| {
                let taker = &self.takers[*at];
                taker.has.len() < taker.most
            }) else {
                return;
            };
            self.turn = (at + 1) % count;
            let Some(mut stored) = self.ready.pop_front() else {
                return;
            };
            stored.attempts += 1;
            *next += 1;
            let delivery = Delivery::new(
                *next,
                node.clone(),
                stored.attempts,
                read(stored.parcel.clone()),
            );
            let taker = &mut self.takers[at];
            taker.has.insert(*next, stored);
            given(Given {
                line: taker.line,
                delivery,
            });
        }
    }

    pub(super) fn dead(&self, most: usize) -> Vec<DeadLetter> {
        self.dead.iter().take(most).cloned().collect()
    }

    /// Puts a dead letter back among the living. False when it is not there.
    pub(super) fn put_back(&mut self, key: &Arc<str>) -> bool {
        let Some(at) = self.dead.iter().position(|letter| letter.key == *key) else {
            return false;
        };
        match self.dead.remove(at).map(|letter| letter.parcel) {
            Some(Ok(mut parcel)) => {
                if let ParcelKind::Task(task) = &mut parcel.kind {
                    task.deadline = None;
                }
                self.put(parcel)
            }
            _ => false,
        }
    }

    fn again(&mut self, stored: Stored, node: &Node, next: &mut u64) {
        match stored.attempts >= ATTEMPTS {
            true => {
                let reason = format!("it was delivered {} times", stored.attempts);
                self.bury(stored, reason, node, next);
            }
            false => self.ready.push_front(stored),
        }
    }

    fn bury(&mut self, stored: Stored, reason: String, node: &Node, next: &mut u64) {
        if self.dead.len() >= MOST_DEAD {
            tracing::warn!(%node, "there are too many dead letters, the oldest one is dropped");
            self.dead.pop_front();
        }
        *next += 1;
        let key: Arc<str> = next.to_string().into();
        self.dead.push_back(DeadLetter::new(
            key,
            node.clone(),
            reason,
            stored.attempts,
            read(stored.parcel),
        ));
    }
}

/// What a task is to its worker.
fn read(parcel: Parcel) -> Result<Parcel, Foreign> {
    match parcel.task() {
        Some(task) if task.name.is_empty() => Err(Foreign("it names no message".to_owned())),
        _ => Ok(parcel),
    }
}
