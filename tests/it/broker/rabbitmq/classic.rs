//! Classic queues instead of quorum queues.

use mitto::queue::broker::{Broker, BrokerError, DeadLettering};
use tokio::time::timeout;

use super::broker;
use crate::broker::lines::{End, LONG, Site, node};
use crate::broker::lines::{
    dead_letter_has_its_reason, dead_letter_is_put_back_once, task_is_delivered_once_and_settled,
    task_of_a_lost_worker_goes_to_another, work_pauses_and_goes_on,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn classic_queues_do_the_same_but_for_the_limit() {
    let site = Site::new(broker().classic());
    let can = site.broker.capabilities();
    assert_eq!(can.dead_letters, DeadLettering::Unreadable);
    task_is_delivered_once_and_settled(&site).await;
    task_of_a_lost_worker_goes_to_another(&site).await;
    work_pauses_and_goes_on(&site).await;
    dead_letter_has_its_reason(&site).await;
    dead_letter_is_put_back_once(&site).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queue_of_the_other_kind_is_refused_and_nothing_else_is_lost() {
    let (node, other) = (node("kind"), node("fine"));
    End::worker(&broker(), &node, 1).await.close().await;
    let mut end = End::worker(&broker().classic(), &other, 1).await;
    end.connected(true).await;
    let taken = timeout(LONG, end.line.take_work(&node, 1)).await;
    let error = taken.expect("it ends").expect_err("it is another one");
    let text = error.to_string();
    assert!(matches!(error, BrokerError::Different { .. }), "{text}");
    assert!(
        text.contains(&node.joined('.'))
            && text.contains("x-queue-type")
            && !text.contains("guest:guest"),
        "{text}"
    );
    assert!(end.line.is_connected());
    end.take_work(&other, 2).await;
    assert!(broker().capabilities().confirms);
}
