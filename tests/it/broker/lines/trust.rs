//! Tasks that say who asks.

use mitto::Identity;
use mitto::message::MessageKind;
use mitto::queue::broker::{Node, Parcel, Task};

use super::{End, parcel_of};

/// Who a worker is told that a task of a gateway comes from.
pub(in crate::broker) async fn told(
    gateway: &End,
    worker: &mut End,
    node: &Node,
) -> Option<Identity> {
    gateway.publish(node, from_ada()).await.expect("taken");
    let delivery = worker.delivered().await;
    worker.done(&delivery);
    let parcel = delivery.parcel.expect("a task");
    parcel.task().expect("a task").identity.clone()
}

pub(in crate::broker) fn from_ada() -> Parcel {
    let mut task = Task::new("Ping", MessageKind::Request);
    task.identity = Some(ada());
    parcel_of(task, "7")
}

pub(in crate::broker) fn ada() -> Identity {
    Identity::new("ada").grant("admin")
}
