//! What comes again, and what has the identifier of something else.

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
    assert_eq!((id, attempt), (begun + 1, 1));
    assert!(holding.leave(false).is_none());
    let (id, _, attempt) = holding.leave(true).expect("one was begun");
    assert_eq!((id, attempt), (begun, 2));
    holding.stays(id);
    assert!(given(&mut holding).is_some());
}

/// A broker that was killed, and has what it had on disk.
fn broker_comes_back(holding: &mut Holding) {
    assert_eq!(holding.made(true, false), 0);
}

#[test]
fn identifier_of_a_forgotten_task_is_another_one() {
    let mut holding = holding();
    for (packet, id) in [(1, "a"), (2, "b")] {
        holding.came(publish(packet, id, false));
    }
    let (running, _) = given(&mut holding).expect("one");
    let (settled, _) = given(&mut holding).expect("one");
    broker_comes_back(&mut holding);
    holding.take(settled).expect("it is there");
    assert_eq!(holding.finish(settled), None);
    // Both are forgotten, and none of these was ever begun.
    for (packet, id) in [(1, "c"), (2, "d")] {
        assert!(matches!(
            holding.came(publish(packet, id, false)),
            Came::Held
        ));
        assert_eq!(given(&mut holding).expect("one").1, 1);
    }
    holding.take(running).expect("it goes on");
    assert_eq!(holding.finish(running), None, "its identifier is another's");
    assert_eq!(holding.packets.len(), 2);
}

#[test]
fn task_that_runs_is_known_again_by_its_id() {
    let mut holding = holding();
    holding.came(publish(1, "a", false));
    let (id, _) = given(&mut holding).expect("one");
    broker_comes_back(&mut holding);
    assert!(matches!(holding.came(publish(7, "a", false)), Came::Held));
    assert!(given(&mut holding).is_none(), "it runs already");
    holding.take(id).expect("it is there");
    assert_eq!(holding.finish(id), Some(7));
    assert!(holding.is_empty());
}

#[test]
fn task_that_was_run_may_have_run() {
    let mut holding = holding();
    holding.came(publish(1, "a", false));
    let (id, _) = given(&mut holding).expect("one");
    let (task, _) = holding.take(id).expect("it is there");
    holding.ran(&task);
    assert_eq!(holding.finish(id), Some(1));
    // Somebody sends it another time: that is no fault of the broker.
    holding.came(publish(2, "a", false));
    let (again, attempt) = given(&mut holding).expect("one");
    assert_eq!(attempt, 1);
    holding.take(again).expect("it is there");
    assert_eq!(holding.finish(again), Some(2));
    broker_comes_back(&mut holding);
    for packet in [1, 3] {
        holding.came(publish(packet, "a", false));
        assert_eq!(given(&mut holding).expect("one").1, 2);
    }
}

#[test]
fn done_tasks_are_forgotten_in_the_end() {
    let mut done = Done::default();
    for n in 0..=MOST_DONE {
        done.add(n.to_string().into());
    }
    assert_eq!((done.ids.len(), done.oldest.len()), (MOST_DONE, MOST_DONE));
    assert!(!done.ids.contains("0"));
}
