//! What a worker has of a node's tasks, and has not acknowledged.
//!
//! The broker knows a task by the identifier of its packet. That is sure within one connection only: a broker that was
//! killed has its sessions as they were on disk, sends again what was acknowledged, and gives the identifier of what
//! it has forgotten to another task. So what a task is known by here is a number of its own.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use rumqttc::{Publish, QoS};

use super::message::{self, ATTEMPTS};
use crate::queue::broker::{MAX_ID, wire};

/// The most tasks without acknowledgement that wait here: the broker keeps none of them.
const MOST_UNKEPT: usize = 1024;

/// How many tasks that were run to their end are known again.
const MOST_DONE: usize = 16_384;

/// Which task is meant.
pub(super) type Id = u32;

/// What is held.
#[derive(Default)]
pub(super) struct Holding {
    /// How many may be given out at once.
    pub(super) most: usize,
    given: usize,
    held: HashMap<Id, Held>,
    /// What the broker knows them by, those that it has sent.
    packets: HashMap<u16, Id>,
    /// What was not given out yet.
    ready: VecDeque<Id>,
    /// What was acknowledged, and may come again if the broker has not heard that: the id of the task, if it has one.
    acknowledged: HashMap<u16, Option<Arc<str>>>,
    done: Done,
    /// The session was there before this process knew it.
    inherited: bool,
    /// There was another connection before.
    again: bool,
    last: Id,
}

/// The tasks that were run to their end last, by their ids.
#[derive(Default)]
struct Done {
    ids: HashSet<Arc<str>>,
    oldest: VecDeque<Arc<str>>,
}

/// A task.
pub(super) struct Held {
    pub(super) publish: Publish,
    pub(super) attempt: u32,
    stage: Stage,
    /// What the broker knows it by, if it does.
    packet: Option<u16>,
    /// Whether it has come by the connection of now.
    present: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Ready,
    Given,
    /// It is about to be elsewhere.
    Leaving,
    /// It is acknowledged when it comes again.
    Settled,
}

/// What becomes of a message.
pub(super) enum Came {
    Held,
    /// It is acknowledged now.
    Settled,
    /// There is no room for what nobody keeps.
    Dropped,
}

impl Holding {
    /// There is a connection: what comes next is by that. Gives what is lost with its session.
    pub(super) fn made(&mut self, resumed: bool, first: bool) -> usize {
        if resumed {
            self.inherited |= first;
            self.again |= !first;
            for held in self.held.values_mut() {
                held.present = false;
            }
            return 0;
        }
        let lost = self.ready.len();
        self.ready.clear();
        self.held.clear();
        self.packets.clear();
        self.acknowledged.clear();
        self.given = 0;
        lost
    }

    pub(super) fn came(&mut self, publish: Publish) -> Came {
        if publish.qos == QoS::AtMostOnce {
            if self.ready.len() >= MOST_UNKEPT {
                return Came::Dropped;
            }
            self.hold(publish, 0);
            return Came::Held;
        }
        let packet = publish.pkid;
        if let Some(id) = self.known(&publish)
            && let Some(held) = self.held.get_mut(&id)
        {
            // It was not acknowledged by any connection: it is the same.
            held.present = true;
            if held.stage != Stage::Settled {
                return Came::Held;
            }
            self.held.remove(&id);
            self.packets.remove(&packet);
            self.acknowledged.insert(packet, task_id(&publish));
            return Came::Settled;
        }
        let may_have_run = match self.acknowledged.remove(&packet) {
            Some(known) if publish.dup => match (known, task_id(&publish)) {
                (Some(known), Some(id)) if known == id => {
                    self.acknowledged.insert(packet, Some(id));
                    return Came::Settled;
                }
                (Some(_), Some(id)) => self.was_done(&id),
                _ => true,
            },
            _ if publish.dup && self.inherited => true,
            _ => task_id(&publish).is_some_and(|id| self.was_done(&id)),
        };
        self.hold(publish, u32::from(may_have_run));
        Came::Held
    }

    /// The task that a message is, if it was here before.
    fn known(&mut self, publish: &Publish) -> Option<Id> {
        let packet = publish.pkid;
        if let Some(id) = self.packets.get(&packet).copied()
            && let Some(held) = self.held.get(&id)
        {
            if held.present || is_same(&held.publish, publish) {
                return Some(id);
            }
            self.forget(packet, id);
        }
        if !self.again {
            return None;
        }
        // What it has forgotten to have sent it sends as another message.
        let task = task_id(publish)?;
        let mut absent = self.held.iter_mut().filter(|(_, held)| !held.present);
        let (id, held) = absent.find(|(_, held)| task_id(&held.publish).as_ref() == Some(&task))?;
        if let Some(before) = held.packet.replace(packet) {
            self.packets.remove(&before);
        }
        self.packets.insert(packet, *id);
        Some(*id)
    }

    /// The broker has another task by this identifier, and that one no more.
    fn forget(&mut self, packet: u16, id: Id) {
        self.packets.remove(&packet);
        match self.held.get_mut(&id) {
            Some(held) if held.stage != Stage::Settled => held.packet = None,
            _ => drop(self.held.remove(&id)),
        }
    }

    fn was_done(&self, id: &str) -> bool {
        self.again && self.done.ids.contains(id)
    }

    fn hold(&mut self, publish: Publish, more: u32) {
        let said = message::get(&publish, ATTEMPTS).and_then(|said| said.parse().ok());
        let attempt = said.unwrap_or(1_u32).max(1).saturating_add(more);
        self.last = self.last.wrapping_add(1);
        let packet = (publish.qos != QoS::AtMostOnce).then_some(publish.pkid);
        if let Some(packet) = packet {
            self.packets.insert(packet, self.last);
        }
        let held = Held {
            publish,
            attempt,
            stage: Stage::Ready,
            packet,
            present: true,
        };
        self.held.insert(self.last, held);
        self.ready.push_back(self.last);
    }

    /// What is to be given out next, if anything is.
    pub(super) fn give(&mut self) -> Option<(Id, &Held)> {
        if self.given >= self.most {
            return None;
        }
        let id = self.ready.pop_front()?;
        self.given += 1;
        let held = self.held.get_mut(&id)?;
        held.stage = Stage::Given;
        Some((id, held))
    }

    /// Something that was given out is settled. None if it is not known any more.
    pub(super) fn take(&mut self, id: Id) -> Option<(Publish, u32)> {
        let held = self.held.get_mut(&id)?;
        if held.stage != Stage::Given {
            return None;
        }
        held.stage = Stage::Leaving;
        let taken = (held.publish.clone(), held.attempt);
        self.given = self.given.saturating_sub(1);
        Some(taken)
    }

    /// Something that is to go to another worker: of what waits, or, at the end, of what was begun as well.
    pub(super) fn leave(&mut self, begun: bool) -> Option<(Id, Publish, u32)> {
        let waits = self.ready.pop_front();
        let began = || {
            let mut held = self.held.iter();
            let (id, _) = held.find(|(_, held)| held.stage == Stage::Given)?;
            Some(*id)
        };
        let (id, more) = match waits {
            Some(id) => (id, 0),
            None if begun => (began()?, 1),
            None => return None,
        };
        let held = self.held.get_mut(&id)?;
        held.stage = Stage::Leaving;
        held.attempt = held.attempt.saturating_add(more);
        self.given = self.given.saturating_sub(more as usize);
        Some((id, held.publish.clone(), held.attempt))
    }

    /// Nobody takes it: it waits on.
    pub(super) fn stays(&mut self, id: Id) {
        if let Some(held) = self.held.get_mut(&id) {
            held.stage = Stage::Ready;
            self.ready.push_front(id);
        }
    }

    /// It was run to its end, and is known again should it come another time.
    pub(super) fn ran(&mut self, task: &Publish) {
        if let Some(id) = task_id(task) {
            self.done.add(id);
        }
    }

    /// It is done with: the identifier to acknowledge now, if that can be.
    pub(super) fn finish(&mut self, id: Id) -> Option<u16> {
        let held = self.held.get_mut(&id)?;
        held.stage = Stage::Settled;
        if !held.present && held.packet.is_some() {
            return None;
        }
        let held = self.held.remove(&id)?;
        let packet = held.packet?;
        self.packets.remove(&packet);
        self.acknowledged.insert(packet, task_id(&held.publish));
        Some(packet)
    }

    /// Whether nothing is here that anybody has to run.
    pub(super) fn is_empty(&self) -> bool {
        self.held.values().all(|held| held.stage == Stage::Settled)
    }
}

impl Done {
    fn add(&mut self, id: Arc<str>) {
        if !self.ids.insert(id.clone()) {
            return;
        }
        self.oldest.push_back(id);
        if self.oldest.len() > MOST_DONE
            && let Some(oldest) = self.oldest.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }
}

/// Whether two messages with the identifier of one packet are one task.
fn is_same(one: &Publish, other: &Publish) -> bool {
    match (task_id(one), task_id(other)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => message::is_same(one, other),
        _ => false,
    }
}

fn task_id(publish: &Publish) -> Option<Arc<str>> {
    let id = message::get(publish, wire::ID)?;
    (!id.is_empty() && id.len() <= MAX_ID).then(|| id.into())
}

#[cfg(test)]
mod tests;
