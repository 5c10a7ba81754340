//! What a worker has of a node's tasks, and has not acknowledged.

use std::collections::{HashMap, VecDeque};

use rumqttc::{Publish, QoS};

use super::message::{self, ATTEMPTS};
use crate::queue::broker::{MAX_ID, wire};

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
    /// What was acknowledged, and may come again if the broker has not heard that: the id of the task, if it has one.
    acknowledged: HashMap<u16, Option<Box<str>>>,
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
            self.acknowledged.insert(publish.pkid, task_id(&publish));
            return Came::Settled;
        }
        let may_have_run = match self.acknowledged.remove(&publish.pkid) {
            Some(known) if publish.dup => match (known, task_id(&publish)) {
                (Some(known), Some(id)) if known == id => {
                    self.acknowledged.insert(publish.pkid, Some(id));
                    return Came::Settled;
                }
                (Some(_), Some(_)) => false,
                _ => true,
            },
            _ => publish.dup && self.inherited,
        };
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
        let held = self.held.remove(&id.id)?;
        let id = u16::try_from(id.id).ok()?;
        self.acknowledged.insert(id, task_id(&held.publish));
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

fn task_id(publish: &Publish) -> Option<Box<str>> {
    let id = message::get(publish, wire::ID)?;
    (!id.is_empty() && id.len() <= MAX_ID).then(|| id.into())
}

#[cfg(test)]
mod tests {
    use rumqttc::PublishProperties;

    use super::*;

    fn publish(packet: u16, id: &str, dup: bool) -> Publish {
        let properties = PublishProperties {
            user_properties: vec![(wire::ID.to_owned(), id.to_owned())],
            ..PublishProperties::default()
        };
        let mut publish = Publish::new("t", QoS::AtLeastOnce, "", Some(properties));
        (publish.pkid, publish.dup) = (packet, dup);
        publish
    }

    fn holding() -> Holding {
        let mut holding = Holding {
            most: 8,
            ..Holding::default()
        };
        holding.made(false, true);
        holding
    }

    /// What is given out, with its attempt.
    fn given(holding: &mut Holding) -> Option<(Id, u32)> {
        holding.give().map(|(id, held)| (id, held.attempt))
    }

    #[test]
    fn no_more_is_given_than_was_asked_for() {
        let mut holding = holding();
        holding.most = 1;
        holding.came(publish(1, "a", false));
        holding.came(publish(2, "b", false));
        let (first, _) = given(&mut holding).expect("one");
        assert!(given(&mut holding).is_none());
        assert!(holding.take(first).is_some());
        assert!(holding.take(first).is_none(), "it is settled once");
        assert!(given(&mut holding).is_some());
    }

    #[test]
    fn task_in_hand_is_known_again() {
        let mut holding = holding();
        holding.came(publish(1, "a", false));
        let (id, _) = given(&mut holding).expect("one");
        assert_eq!(holding.made(true, false), 0);
        holding.take(id).expect("it is there");
        assert_eq!(holding.finish(id), None, "the broker has not sent it again");
        assert!(matches!(holding.came(publish(1, "a", true)), Came::Settled));
        assert!(holding.is_empty());
    }

    #[test]
    fn acknowledgement_that_was_not_heard_is_said_again() {
        let mut holding = holding();
        holding.came(publish(1, "a", false));
        let (id, _) = given(&mut holding).expect("one");
        holding.take(id).expect("it is there");
        assert_eq!(holding.finish(id), Some(1));
        holding.made(true, false);
        assert!(matches!(holding.came(publish(1, "a", true)), Came::Settled));
        // Another task may have its identifier by then, and has not begun.
        assert!(matches!(holding.came(publish(1, "b", true)), Came::Held));
        assert_eq!(given(&mut holding).expect("one").1, 1);
    }

    #[test]
    fn what_cannot_be_told_apart_may_have_run() {
        let mut holding = holding();
        holding.came(publish(1, "", false));
        let (id, _) = given(&mut holding).expect("one");
        holding.take(id).expect("it is there");
        assert_eq!(holding.finish(id), Some(1));
        holding.made(true, false);
        holding.came(publish(1, "", true));
        assert_eq!(given(&mut holding).expect("one").1, 2);
        // Never seen here, and never before.
        holding.came(publish(2, "c", true));
        assert_eq!(given(&mut holding).expect("one").1, 1);
    }

    #[test]
    fn inherited_session_has_what_may_have_run() {
        let mut holding = Holding {
            most: 8,
            ..Holding::default()
        };
        holding.made(true, true);
        holding.came(publish(1, "a", true));
        holding.came(publish(2, "b", false));
        assert_eq!(given(&mut holding).expect("one").1, 2);
        assert_eq!(given(&mut holding).expect("one").1, 1);
    }

    #[test]
    fn lost_session_takes_its_tasks_along() {
        let mut holding = holding();
        holding.came(publish(1, "a", false));
        holding.came(publish(2, "b", false));
        let (id, _) = given(&mut holding).expect("one");
        assert_eq!(holding.made(false, false), 1);
        assert!(holding.take(id).is_none());
        // What has the same identifier now is another task.
        holding.came(publish(1, "c", false));
        assert!(holding.take(id).is_none());
        assert!(given(&mut holding).is_some());
    }

    #[test]
    fn what_leaves_at_the_end_is_that_which_waits_first() {
        let mut holding = holding();
        holding.came(publish(1, "a", false));
        let (begun, _) = given(&mut holding).expect("one");
        holding.came(publish(2, "b", false));
        let (id, _, attempt) = holding.leave(false).expect("one waits");
        assert_eq!((id.id, attempt), (2, 1));
        assert!(holding.leave(false).is_none());
        let (id, _, attempt) = holding.leave(true).expect("one was begun");
        assert_eq!((id.id, id.serial, attempt), (1, begun.serial, 2));
        holding.stays(id);
        assert!(given(&mut holding).is_some());
    }
}
