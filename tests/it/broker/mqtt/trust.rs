//! Who is believed.

use mitto::Identity;
use mitto::message::MessageKind;
use mitto::queue::broker::mqtt::Mqtt;
use mitto::queue::broker::{Key, Task};

use super::super::lines::{End, node, parcel_of};
use super::started;

#[tokio::test]
async fn identity_is_believed_where_it_is_signed() {
    let server = started().await;
    let broker = || Mqtt::new(server.url());
    let node = node("signed");
    let key = || Key::new("0123456789abcdef");
    let mut worker = End::worker(&broker().key(key()), &node, 1).await;
    let ada = Identity::new("ada").grant("admin");
    for (gateway, believed) in [
        (broker().key(key()), true),
        (broker().key(Key::new("another")), false),
        (broker(), false),
    ] {
        let gateway = End::open(&gateway, "gateway").await;
        let mut task = Task::new("Ping", MessageKind::Request);
        task.identity = Some(ada.clone());
        let parcel = parcel_of(task, "7").from_inbox(&gateway.line.inbox());
        gateway.publish(&node, parcel).await.expect("taken");
        let delivery = worker.delivered().await;
        worker.done(&delivery);
        let parcel = delivery.parcel.expect("a task");
        let identity = &parcel.task().expect("a task").identity;
        assert_eq!(identity.as_ref(), believed.then_some(&ada));
    }
    worker.close().await;
    let mut doubter = End::worker(&broker(), &node, 1).await;
    let gateway = End::open(&broker().key(key()), "gateway").await;
    let mut task = Task::new("Ping", MessageKind::Request);
    task.identity = Some(ada);
    let parcel = parcel_of(task, "7");
    gateway.publish(&node, parcel).await.expect("taken");
    let parcel = doubter.delivered().await.parcel.expect("a task");
    assert_eq!(parcel.task().expect("a task").identity, None);
}
