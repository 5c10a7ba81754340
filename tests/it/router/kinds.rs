//! What becomes of streams and notifications when a place fails.

use std::sync::atomic::Ordering::Relaxed;

use mitto::Code;

use super::failing::two;
use super::shop::*;

#[tokio::test]
async fn stream_and_notification_that_cannot_be_sent_go_to_the_next_place() {
    let (west, mut heard) = TheShop::telling("west");
    let two = two(TheShop::new("east"), west).await;
    two.lose(0).await;
    let mut open = two.client.open(Open {}).await.unwrap();
    assert_eq!(open.next().await, Some(Ok("west".into())));
    assert_eq!(heard.recv().await.unwrap(), "begun");
    let text = "hello".to_owned();
    two.client.tell(Tell { text }).await.unwrap();
    assert_eq!(heard.recv().await.unwrap(), "hello");
}

#[tokio::test]
async fn stream_that_has_not_begun_goes_to_the_next_place_if_it_is_idempotent() {
    let (east, mut heard) = TheShop::closed("east");
    let west = TheShop::new("west");
    let begun = west.begun.clone();
    let two = two(east, west).await;
    let client = two.client.clone();
    let looks = tokio::spawn(async move { client.looks(Looks {}).await.unwrap().next().await });
    assert_eq!(heard.recv().await.unwrap(), "begun");
    let client = two.client.clone();
    let open = tokio::spawn(async move {
        match client.open(Open {}).await {
            Ok(mut open) => open.next().await.expect("an end"),
            Err(status) => Err(status),
        }
    });
    assert_eq!(heard.recv().await.unwrap(), "begun");
    two.lose(0).await;
    assert_eq!(looks.await.unwrap(), Some(Ok("west".into())));
    let status = open.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost);
    assert_eq!(begun.load(Relaxed), 1);
}

/// Nobody learns of it, and it is not told twice.
#[tokio::test]
async fn notification_that_was_sent_goes_to_no_other_place() {
    let (east, mut heard) = TheShop::telling("east");
    let (west, mut other) = TheShop::telling("west");
    let two = two(east, west).await;
    let text = "hello".to_owned();
    assert_eq!(two.client.tell(Tell { text }).await, Ok(()));
    assert_eq!(heard.recv().await.unwrap(), "hello");
    two.lose(0).await;
    assert_eq!(two.client.r#where(Where {}).await.unwrap(), "west");
    assert!(other.try_recv().is_err());
}
