//! Every request has a deadline.

use std::time::Duration;

use mitto::{CallError, Code};
use tokio::time::Instant;

use crate::world::*;

in_every_format! {
    deadline_of_a_call_ends_it_at_both_ends,
    deadline_of_a_message_ends_it_at_both_ends,
}

in_paused_time! {
    request_without_a_deadline_has_the_default,
    progress_extends_the_deadline,
    work_without_progress_is_late,
    progress_does_not_extend_for_ever,
    a_stream_that_has_begun_has_no_deadline,
}

const MILLISECOND: Duration = Duration::from_millis(1);

async fn deadline_of_a_call_ends_it_at_both_ends(mut world: World) {
    let clock = world.way.stop_clock();
    let client = world.client.clone();
    let call = tokio::spawn(async move { client.hang(Hang {}).timeout(200 * MILLISECOND).await });
    assert_eq!(world.event().await, "hang began");
    clock.advance(202 * MILLISECOND).await;
    assert_eq!(call.await.unwrap().unwrap_err().code(), Code::Timeout);
    assert_eq!(world.event().await, "hang dropped");
}

async fn deadline_of_a_message_ends_it_at_both_ends(mut world: World) {
    let clock = world.way.stop_clock();
    let begun = Instant::now();
    let client = world.client.clone();
    let call = tokio::spawn(async move { (client.brief(Brief {}).await, begun.elapsed()) });
    assert_eq!(world.event().await, "brief began");
    clock.advance(199 * MILLISECOND).await;
    clock.advance(3 * MILLISECOND).await;
    let (outcome, waited) = call.await.unwrap();
    assert_eq!(outcome.unwrap_err().code(), Code::Timeout);
    // A server's clock is that of the wall, and does not stand still.
    let early = match world.way.runs {
        Runs::Here
        | Runs::Elsewhere
        | Runs::OneHop
        | Runs::TwoHops
        | Runs::Worker
        | Runs::Route => Duration::ZERO,
        _ => 20 * MILLISECOND,
    };
    assert!(waited + early >= 200 * MILLISECOND, "{waited:?}");
    assert_eq!(world.event().await, "brief dropped");
}

async fn request_without_a_deadline_has_the_default(mut world: World) {
    let begun = Instant::now();
    let status = world.client.hang(Hang {}).await.unwrap_err();
    assert_eq!(status.code(), Code::Timeout);
    let waited = begun.elapsed().as_secs();
    assert!((29..=31).contains(&waited), "{waited}");
    assert_eq!(world.event().await, "hang began");
    assert_eq!(world.event().await, "hang dropped");
}

async fn progress_extends_the_deadline(world: World) {
    let work = Work {
        rounds: 10,
        report: true,
    };
    let call = world.client.work(work).timeout(150 * MILLISECOND);
    assert_eq!(call.await, Ok(10));
}

async fn work_without_progress_is_late(world: World) {
    let work = Work {
        rounds: 10,
        report: false,
    };
    let call = world.client.work(work).timeout(150 * MILLISECOND);
    assert_eq!(call.await.unwrap_err().code(), Code::Timeout);
}

async fn progress_does_not_extend_for_ever(world: World) {
    let begun = Instant::now();
    let work = Work {
        rounds: 7_000,
        report: true,
    };
    let status = world.client.work(work).await.unwrap_err();
    assert_eq!(status.code(), Code::Timeout);
    let waited = begun.elapsed().as_secs();
    assert!((598..=602).contains(&waited), "{waited}");
}

async fn a_stream_that_has_begun_has_no_deadline(mut world: World) {
    let count = Count {
        to: 1,
        then: Then::Hang,
    };
    let call = world.client.count(count).timeout(30 * MILLISECOND);
    let mut stream = call.await.unwrap();
    assert_eq!(stream.next().await, Some(Ok(1)));
    assert_eq!(world.event().await, "count began");
    let more = tokio::time::timeout(Duration::from_secs(100), stream.next());
    assert!(more.await.is_err(), "nothing came, and no deadline passed");
    drop(stream);
    assert_eq!(world.event().await, "count dropped");
}

#[tokio::test(start_paused = true)]
async fn deadline_of_a_typed_request_is_a_status() {
    let client = ServiceClient::from(mitto::Peer::nobody());
    let error = client.withdraw(Withdraw { amount: 1 }).await.unwrap_err();
    let CallError::Status(status) = error else {
        panic!("{error:?}");
    };
    assert_eq!(status.code(), Code::Unavailable);
}
