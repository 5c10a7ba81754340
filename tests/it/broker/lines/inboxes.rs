//! Inboxes: what goes straight to one end.

use std::sync::Arc;

use mitto::message::MessageKind;
use mitto::queue::broker::{Parcel, ParcelKind, Task};
use mitto::{Code, Format, Status};
use tokio::time::timeout;

use super::Site;
use super::end::{End, LONG};
use super::parcels::{assert_same, node, parcel_of};

pub(in crate::broker) async fn every_kind_of_parcel_reaches_an_inbox(site: &Site) {
    let mut gateway = End::open(&*site.broker, "gateway").await;
    let worker = End::open(&*site.broker, "worker").await;
    let (inbox, own) = (gateway.line.inbox(), worker.line.inbox());
    assert_ne!(inbox, own);
    let status = Status::new(Code::Busy, "later, żółć\n");
    let value = |kind| Parcel::new(kind, "7:42".into()).with_body(Format::JSON, b"[1]".to_vec());
    let bare = |kind| Parcel::new(kind, "7:42".into());
    let mut call_back = Task::new("Deliver", MessageKind::Request);
    call_back.peer = 3;
    for sent in [
        value(ParcelKind::Response),
        value(ParcelKind::Response).with_body(Format::JSON, Vec::new()),
        value(ParcelKind::Error).with_body(Format::MESSAGE_PACK, vec![0xc0]),
        bare(ParcelKind::Status(status)),
        value(ParcelKind::Item),
        bare(ParcelKind::End),
        bare(ParcelKind::Progress),
        bare(ParcelKind::Running).from_inbox(&own),
        bare(ParcelKind::Credit(u32::MAX)),
        bare(ParcelKind::Cancel).from_inbox(&own),
        parcel_of(call_back, "9:1").from_inbox(&own),
    ] {
        worker.send(&inbox, sent.clone()).await;
        assert_same(&gateway.received().await, &sent);
    }
}

pub(in crate::broker) async fn parcels_keep_their_order(site: &Site) {
    let mut gateway = End::open(&*site.broker, "gateway").await;
    let worker = End::open(&*site.broker, "worker").await;
    let inbox = gateway.line.inbox();
    for n in 0..2000 {
        let item = Parcel::new(ParcelKind::Item, n.to_string().into());
        worker
            .send(&inbox, item.with_body(Format::JSON, vec![b'1']))
            .await;
    }
    for n in 0..2000 {
        assert_eq!(gateway.received().await.correlation.as_ref(), n.to_string());
    }
}

pub(in crate::broker) async fn parcel_for_a_gone_inbox_comes_back(site: &Site) {
    let gone = End::open(&*site.broker, "gateway").await;
    let inbox = gone.line.inbox();
    gone.close().await;
    let mut worker = End::open(&*site.broker, "worker").await;
    let body = b"[1,2]".to_vec();
    let sent = Parcel::new(ParcelKind::Item, "7:42".into()).with_body(Format::JSON, body);
    worker.send(&inbox, sent.clone()).await;
    if site.can().knows_inboxes {
        let (at, parcel) = worker.returned().await;
        assert_eq!((&*at, &*parcel.correlation), (&*inbox, "7:42"));
        assert_eq!(parcel.kind, sent.kind);
    }
}

pub(in crate::broker) async fn all_workers_of_a_node_are_told(site: &Site) {
    let (node, other) = (node("told"), node("untold"));
    let mut told = [
        End::worker(&*site.broker, &node, 1).await,
        End::worker(&*site.broker, &node, 1).await,
    ];
    let mut untold = End::worker(&*site.broker, &other, 1).await;
    let gateway = End::open(&*site.broker, "gateway").await;
    let cancel = Parcel::new(ParcelKind::Cancel, Arc::from("7:42"));
    for _ in 0..2 {
        let sent = timeout(LONG, gateway.line.tell_workers(&node, cancel.clone())).await;
        sent.expect("it ends").expect("it is sent");
        for worker in &mut told {
            assert_same(&worker.received().await, &cancel);
        }
    }
    untold.hears_nothing().await;
    // Where nobody is, nobody is told.
    let nobody = self::node("nobody");
    let sent = timeout(LONG, gateway.line.tell_workers(&nobody, cancel)).await;
    sent.expect("it ends").expect("it is sent");
}
