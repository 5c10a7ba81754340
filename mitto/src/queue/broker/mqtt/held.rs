//! What a worker has of a node's tasks, and has not acknowledged.

use std::collections::{HashMap, HashSet, VecDeque};

use rumqttc::{Publish, QoS};

use super::message::{self, ATTEMPTS};

/// The most tasks without acknowledgement that wait here: the broker keeps none of them.
const MOST_UNKEPT: usize = 1024;

/// What is held, by the identifier that the broker knows it by.
#[derive(Default)]
pub(super) struct Holding {
    /// How many may be given out at once.
    pub(super) most: usize,
    given: usize,
    held: HashMap<u32, Held>,
    /// What was not given out yet.
    ready: VecDeque<u32>,
    /// What was acknowledged, and may come again if the broker has not heard that.
    acknowledged: HashSet<u16>,
    /// The session was there before this process knew it.
    inherited: bool,
    serial: u16,
    /// The last one without acknowledgement.
    unkept: u32,
}

/// A task.
pub(super) struct Held {
    pub(super) publish: Publish,
    pub(super) attempt: u32,
    /// Tells it from another one of the same identifier.
    serial: u16,
    stage: Stage,
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

/// Which task is meant.
#[derive(Clone, Copy)]
pub(super) struct Id {
    pub(super) id: u32,
    pub(super) serial: u16,
}

impl Holding {
    /// There is a connection: what comes next is by that. Gives what is lost with its session.
    pub(super) fn made(&mut self, resumed: bool, first: bool) -> usize {
        if resumed {
            self.inherited |= first;
            for held in self.held.values_mut() {
                held.present = false;
            }
            return 0;
        }
        let lost = self.ready.len();
        self.ready.clear();
        self.held.clear();
        self.acknowledged.clear();
        self.given = 0;
        lost
    }

    pub(super) fn came(&mut self, publish: Publish) -> Came {
        let id = match publish.qos {
            QoS::AtMostOnce if self.ready.len() >= MOST_UNKEPT => return Came::Dropped,
            // Where no identifier of the broker's is.
            QoS::AtMostOnce => {
                self.unkept = self.unkept.wrapping_add(1);
                u32::from(u16::MAX) + 1 + self.unkept % (1 << 30)
            }
            _ => u32::from(publish.pkid),
        };
        if let Some(held) = self.held.get_mut(&id) {
            // It was not acknowledged by any connection: it is the same.
            held.present = true;
            if held.stage != Stage::Settled {
                return Came::Held;
            }
            self.held.remove(&id);
            self.acknowledged.insert(publish.pkid);
            return Came::Settled;
        }
        let was_acknowledged = self.acknowledged.remove(&publish.pkid);
        let may_have_run = publish.dup && (was_acknowledged || self.inherited);
        let said = message::get(&publish, ATTEMPTS).and_then(|said| said.parse().ok());
        let attempt = said.unwrap_or(1_u32).max(1);
        self.serial = self.serial.wrapping_add(1);
        let held = Held {
            publish,
            attempt: attempt.saturating_add(u32::from(may_have_run)),
            serial: self.serial,
            stage: Stage::Ready,
            present: true,
        };
        self.held.insert(id, held);
        self.ready.push_back(id);
        Came::Held
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
        let serial = held.serial;
        Some((Id { id, serial }, held))
    }

    /// Something that was given out is settled. None if it is not known any more.
    pub(super) fn take(&mut self, id: Id) -> Option<(Publish, u32)> {
        let held = self.get(id)?;
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
        let serial = held.serial;
        Some((Id { id, serial }, held.publish.clone(), held.attempt))
    }

    /// Nobody takes it: it waits on.
    pub(super) fn stays(&mut self, id: Id) {
        if let Some(held) = self.get(id) {
            held.stage = Stage::Ready;
            self.ready.push_front(id.id);
        }
    }

    /// It is done with: the identifier to acknowledge now, if that can be.
    pub(super) fn finish(&mut self, id: Id) -> Option<u16> {
        let held = self.get(id)?;
        held.stage = Stage::Settled;
        let (present, qos) = (held.present, held.publish.qos);
        if !present && qos != QoS::AtMostOnce {
            return None;
        }
        self.held.remove(&id.id);
        let id = u16::try_from(id.id).ok()?;
        self.acknowledged.insert(id);
        Some(id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    fn get(&mut self, id: Id) -> Option<&mut Held> {
        let held = self.held.get_mut(&id.id)?;
        (held.serial == id.serial).then_some(held)
    }
}
