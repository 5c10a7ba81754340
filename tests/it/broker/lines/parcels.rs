//! What is sent, and whether it is the same when it arrives.

use std::time::Duration;

use mitto::Format;
use mitto::message::MessageKind;
use mitto::queue::broker::{Node, Parcel, ParcelKind, Task};

/// A node of this test alone.
pub(in crate::broker) fn node(name: &str) -> Node {
    let random: u64 = rand::random();
    Node::parse(&format!("lines/{name}-{random:016x}")).expect("a node")
}

/// A task with an id; how it was sent is its body.
pub(in crate::broker) fn request(id: &str) -> Parcel {
    let mut task = Task::new("Ping", MessageKind::Request);
    task.id = id.into();
    parcel_of(task, id)
}

/// A task that may be run twice.
pub(in crate::broker) fn idempotent(id: &str) -> Parcel {
    let mut task = Task::new("Ping", MessageKind::Request);
    task.id = id.into();
    task.idempotent = true;
    parcel_of(task, id)
}

pub(in crate::broker) fn parcel_of(task: Task, correlation: &str) -> Parcel {
    let body = format!("{{\"n\":\"{correlation}\"}}").into_bytes();
    Parcel::new(ParcelKind::Task(Box::new(task)), correlation.into()).with_body(Format::JSON, body)
}

/// That what has come is what was sent. Between different names the order of metadata may change, and a
/// deadline may be off by what clocks are.
#[track_caller]
pub(in crate::broker) fn assert_same(came: &Parcel, sent: &Parcel) {
    let (mut came, mut sent) = (came.clone(), sent.clone());
    if let (Some(came), Some(sent)) = (head(&mut came), head(&mut sent)) {
        if let (Some(came), Some(sent)) = (came.deadline, sent.deadline) {
            let off = came.max(sent) - came.min(sent);
            assert!(off < Duration::from_secs(2), "the deadline is {off:?} off");
        }
        assert_eq!(came.deadline.is_some(), sent.deadline.is_some());
        for task in [came, sent] {
            task.deadline = None;
            let mut entries: Vec<(String, String)> = Vec::new();
            entries.extend(task.metadata.iter().map(|(k, v)| (k.into(), v.into())));
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            task.metadata = entries.into_iter().collect();
        }
    }
    assert_eq!(came, sent);
}

fn head(parcel: &mut Parcel) -> Option<&mut Task> {
    match &mut parcel.kind {
        ParcelKind::Task(task) | ParcelKind::Published(task) => Some(task),
        _ => None,
    }
}
